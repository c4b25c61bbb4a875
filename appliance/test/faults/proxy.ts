import type { Connection } from '@probant/postgres'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Place = Pick<Connection, 'socketFolder' | 'port'>

/** What becomes of a COMMIT whose line is cut. */
export type Cut = 'before the server sees it' | 'before its answer comes back'

/** A database server behind a line that can be cut and be away. */
export class DatabaseLine {
  readonly place: Place
  readonly #target: string
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #cut: Cut | undefined

  private constructor(place: Place, target: string) {
    this.place = place
    this.#target = target
  }

  static async to({ socketFolder, port }: Place): Promise<DatabaseLine> {
    const name = `.s.PGSQL.${port}`
    const folder = await mkdtemp(join(tmpdir(), 'line-'))
    const line = new DatabaseLine({ socketFolder: folder, port }, join(socketFolder, name))
    await line.back()
    return line
  }

  /** Cuts the next connection that commits. */
  cutAtCommit(cut: Cut): void {
    this.#cut = cut
  }

  /** No answer on any connection, old or new. */
  async away(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async back(): Promise<void> {
    const server = createServer((near) => this.#connect(near))
    this.#server = server
    const path = join(this.place.socketFolder, `.s.PGSQL.${this.place.port}`)
    await new Promise<void>((resolve) => server.listen(path, resolve))
  }

  async close(): Promise<void> {
    await this.away()
    await rm(this.place.socketFolder, { recursive: true, force: true })
  }

  #connect(near: Socket): void {
    const far = createConnection(this.#target)
    let cut: Cut | undefined
    near.on('data', (bytes) => {
      if (this.#cut !== undefined && bytes.includes('COMMIT')) {
        cut = this.#cut
        this.#cut = undefined
      }
      if (cut === 'before the server sees it') near.destroy()
      else far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (cut === undefined) near.write(bytes)
      else near.destroy()
    })
    for (const side of [near, far]) {
      this.#sockets.add(side)
      side.on('error', () => undefined)
      side.on('close', () => {
        this.#sockets.delete(side)
        near.destroy()
        far.destroy()
      })
    }
  }
}
