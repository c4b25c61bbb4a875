import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger, type Logger } from '@probant/host'
import { startCluster, type Cluster } from '@probant/postgres'
import type { Life, Part } from '../processes/keeper.ts'
import { homePaths } from './layout.ts'
import type { State } from './state.ts'

export interface EmbeddedDatabaseOptions {
  home: string
  /** Short folder; the database's socket gets one of its own in it. */
  socketFolder: string
  passwords: State['databasePasswords']
  record: (pid: number) => void
}

/** The embedded PostgreSQL of one installation as a part to keep: one cluster for both databases. */
export class EmbeddedDatabase implements Part {
  readonly name = 'postgres'
  readonly log: string
  readonly #options: EmbeddedDatabaseOptions
  readonly #socketFolder: string
  readonly #logger: Logger
  #cluster: Cluster | undefined

  constructor(options: EmbeddedDatabaseOptions) {
    const log = homePaths(options.home).log('postgres')
    this.log = log
    this.#options = options
    this.#socketFolder = join(options.socketFolder, 'pg')
    this.#logger = createLogger({
      component: 'postgres',
      destination: { write: (line) => appendIfPossible(log, line) },
    })
  }

  async begin(): Promise<Life> {
    const cluster = await startCluster({
      dataFolder: homePaths(this.#options.home).database,
      socketFolder: this.#socketFolder,
      superuserPassword: this.#options.passwords.superuser,
      log: this.#logger,
    })
    this.#cluster = cluster
    this.#options.record(cluster.pid)
    return {
      pid: cluster.pid,
      ready: Promise.resolve(),
      exited: cluster.exited,
      stop: () => cluster.stop(),
    }
  }

  /** Where services find it; the same after it was started again. */
  get address(): { folder: string; port: number } {
    const { socketFolder, port } = this.#running()
    return { folder: socketFolder, port }
  }

  /** Makes roles and databases that don't exist yet, and gives each role the password of the state. */
  async prepare(): Promise<void> {
    const cluster = this.#running()
    const { passwords } = this.#options
    await cluster.createRole('box_owner', passwords.boxOwner)
    await cluster.createRole('box_service', passwords.boxService)
    await cluster.createRole('box_journal_reader', passwords.boxJournalReader)
    await cluster.createRole('centre_owner', passwords.centreOwner)
    await cluster.createRole('centre_service', passwords.centreService)
    await cluster.createDatabase('box', {
      owner: 'box_owner',
      users: ['box_service', 'box_journal_reader'],
    })
    await cluster.createDatabase('centre', { owner: 'centre_owner', users: ['centre_service'] })
  }

  #running(): Cluster {
    if (this.#cluster === undefined) throw new Error('the database was not started')
    return this.#cluster
  }
}

/** A full disk costs the log a line, not the launcher its life. */
function appendIfPossible(log: string, line: string): void {
  try {
    appendFileSync(log, line, { mode: 0o600 })
  } catch {
    // there is nowhere left to say so
  }
}
