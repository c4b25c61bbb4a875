import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from '../src/index.ts'

/** What happens to the connection that sends COMMIT. */
export type Cut = 'before the server sees it' | 'before its answer comes back'

/** The same database through a socket that cuts the line at COMMIT. */
export async function cuttingProxy(
  target: Connection,
  cut: Cut,
): Promise<{ connection: Connection; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cut-'))
  const name = `.s.PGSQL.${target.port}`
  const proxy = createServer((near) => {
    const far = createConnection(join(target.socketFolder, name))
    let isCut = false
    near.on('data', (bytes) => {
      isCut ||= bytes.includes('COMMIT')
      if (isCut && cut === 'before the server sees it') near.destroy()
      else far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (isCut) near.destroy()
      else near.write(bytes)
    })
    for (const side of [near, far]) {
      side.on('error', () => undefined)
      side.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => proxy.listen(join(folder, name), resolve))
  return {
    connection: { ...target, socketFolder: folder },
    async close() {
      await new Promise((resolve) => proxy.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}
