import { chmod, mkdtemp, readFile, rm, unlink } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, writeDurably } from '@probant/host'
import { startCluster, type Cluster } from '../cluster/cluster.ts'
import { stopPrevious } from '../cluster/previous.ts'
import { isAlive, processMark, type ProcessMark } from '../cluster/process-mark.ts'
import { readRunRecord } from '../cluster/run-record.ts'
import { removeSocketFolder } from '../cluster/socket-folder.ts'
import { meetingPlace, type MeetingPlace } from './meeting-place.ts'
import type { SharedCluster } from './shared-cluster.ts'

/*
 * Runs the test processes' server and ends with the last of them. Its Unix socket is at once the lock
 * (a second keeper can't listen), the way to the connection's data, and the count of who is there.
 */

const IDLE_MS = Number(process.env['PROBANT_TEST_SERVER_IDLE_MS'] ?? '10000')
const log = createLogger({ component: 'test-keeper', level: 'debug' })

/** What a killed keeper left, for the next one to clear. */
interface Leftover {
  work: string
  keeper: ProcessMark
}

class Keeper {
  readonly #place: MeetingPlace
  readonly #leases = new Set<Socket>()
  readonly #server = createServer((socket) => this.#greet(socket))
  #answer: string | undefined
  #idle: NodeJS.Timeout | undefined
  #end: () => void = () => undefined

  constructor(place: MeetingPlace) {
    this.#place = place
  }

  async run(): Promise<void> {
    await this.#listen()
    await clearLeftover(this.#place)
    const work = await mkdtemp(join(tmpdir(), 'probant-test-data-'))
    // the server's unprivileged user has to pass
    await chmod(work, 0o711)
    await rememberWork(this.#place, work)
    try {
      const cluster = await startCluster({
        ...{ dataFolder: join(work, 'data'), isDurable: false, log },
      })
      await this.#serve(cluster)
    } catch (error) {
      log.error({ err: error }, 'no test server')
      this.#reply({ error: String(error) })
    } finally {
      await this.#close()
      await rm(work, { recursive: true, force: true })
      await unlink(leftoverPath(this.#place)).catch(() => undefined)
    }
  }

  async #serve(cluster: Cluster): Promise<void> {
    const asked = new Promise<void>((resolve) => (this.#end = resolve))
    process.once('SIGTERM', this.#end)
    this.#watchIdleness()
    const { socketFolder, port, password } = cluster.superuser()
    this.#reply({ socketFolder, port, password })
    await Promise.race([asked, cluster.exited])
    // first nobody new, then the end
    await this.#close()
    await cluster.stop()
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#place.socket, resolve)
    })
  }

  #greet(socket: Socket): void {
    this.#leases.add(socket)
    this.#watchIdleness()
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#leases.delete(socket)
      this.#watchIdleness()
    })
    socket.resume()
    if (this.#answer !== undefined) socket.write(this.#answer)
  }

  #reply(answer: SharedCluster | { error: string }): void {
    this.#answer = `${JSON.stringify(answer)}\n`
    for (const socket of this.#leases) socket.write(this.#answer)
  }

  #watchIdleness(): void {
    clearTimeout(this.#idle)
    if (this.#leases.size === 0) this.#idle = setTimeout(() => this.#end(), IDLE_MS)
  }

  async #close(): Promise<void> {
    clearTimeout(this.#idle)
    for (const socket of this.#leases) socket.destroySoon()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    clearTimeout(this.#idle)
  }
}

async function clearLeftover(place: MeetingPlace): Promise<void> {
  try {
    const parsed: unknown = JSON.parse(await readFile(leftoverPath(place), 'utf8'))
    if (!isLeftover(parsed) || (await isAlive(parsed.keeper))) return
    const dataFolder = join(parsed.work, 'data')
    const run = await readRunRecord(dataFolder)
    await stopPrevious(dataFolder, undefined, log)
    if (run !== undefined) await removeSocketFolder(run.socketFolder)
    await rm(parsed.work, { recursive: true, force: true })
  } catch {
    // nothing was left
  }
}

async function rememberWork(place: MeetingPlace, work: string): Promise<void> {
  const keeper = await processMark(process.pid)
  await writeDurably(leftoverPath(place), JSON.stringify({ work, keeper }))
}

function leftoverPath(place: MeetingPlace): string {
  return join(place.folder, 'work.json')
}

function isLeftover(value: unknown): value is Leftover {
  if (typeof value !== 'object' || value === null || !('work' in value)) return false
  return typeof value.work === 'string' && 'keeper' in value && value.keeper !== null
}

const keeper = new Keeper(await meetingPlace())
await keeper.run().catch((error: unknown) => {
  // another keeper was faster
  log.info({ err: error }, 'not needed')
})
process.exit(0)
