import { createLogger } from '@probant/host'
import { startCluster, type Cluster } from '@probant/postgres'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initialise } from '../../src/initialise.ts'
import { startProcess } from '../kill/process.ts'
import { boxSettings } from '../world.ts'

const PASSWORD = 'a password of the tests'
const log = createLogger({ component: 'postgres', level: 'silent' })

/**
 * A box whose database server is its own: it may be killed, and it syncs as a box's does, where the one that tests share would
 * lose what it acknowledged.
 */
export class BoxWithServer {
  readonly identity: Awaited<ReturnType<typeof initialise>>
  readonly settings: ReturnType<typeof boxSettings>
  readonly #folder: string
  #cluster: Cluster

  private constructor(
    folder: string,
    cluster: Cluster,
    made: Pick<BoxWithServer, 'settings' | 'identity'>,
  ) {
    this.#folder = folder
    this.#cluster = cluster
    this.settings = made.settings
    this.identity = made.identity
  }

  static async make(): Promise<BoxWithServer> {
    const folder = await mkdtemp(join(tmpdir(), 'probant-own-server-'))
    await chmod(folder, 0o711)
    const cluster = await startServer(folder)
    for (const role of ['box_owner', 'box_service', 'box_journal_reader'])
      await cluster.createRole(role, PASSWORD)
    await cluster.createDatabase('box', { owner: 'box_owner', users: ['box_service'] })
    const connection = cluster.connection('box', 'box_owner', PASSWORD)
    const settings = boxSettings(join(folder, 'home'), connection)
    const file = join(folder, 'settings.json')
    await writeFile(file, JSON.stringify(settings), { mode: 0o600 })
    return new BoxWithServer(folder, cluster, { settings, identity: await initialise(file) })
  }

  get superuser() {
    return this.#cluster.superuser('box')
  }

  startService() {
    return startProcess({
      settingsFile: join(this.#folder, 'settings.json'),
      logFile: join(this.#folder, 'service.log'),
    })
  }

  /** Ends the database server so, and waits until it is gone. */
  async endServer(signal: NodeJS.Signals): Promise<void> {
    process.kill(this.#cluster.pid, signal)
    await this.#cluster.exited
  }

  async startServer(): Promise<void> {
    this.#cluster = await startServer(this.#folder)
  }

  async remove(): Promise<void> {
    await this.#cluster.stop()
    await rm(this.#folder, { recursive: true })
  }
}

const startServer = (folder: string) => startCluster({ dataFolder: join(folder, 'postgres'), log })
