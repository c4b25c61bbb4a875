import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@probant/host'
import { createPool, startCluster, type Cluster, type Database } from '@probant/postgres'
import { writeSettings } from '../support/settings.ts'

const PASSWORD = 'a password of the tests'
const log = createLogger({ component: 'postgres', level: 'silent' })
const startServer = (folder: string) => startCluster({ dataFolder: join(folder, 'postgres'), log })

/** A centre's folder, settings and database server of its own, which may be killed and syncs what it commits. */
export class CentreWithServer {
  readonly settings: string
  /** As a superuser, to look and to hold what the centre waits for. */
  database: Database
  readonly #folder: string
  #cluster: Cluster

  private constructor(folder: string, cluster: Cluster, settings: string) {
    this.#folder = folder
    this.#cluster = cluster
    this.settings = settings
    this.database = createPool({ ...cluster.superuser('centre'), max: 3 })
  }

  static async make(mailPort: number): Promise<CentreWithServer> {
    const folder = await mkdtemp(join(tmpdir(), 'probant-own-server-'))
    await chmod(folder, 0o711)
    const cluster = await startServer(folder)
    for (const role of ['centre_owner', 'centre_service']) await cluster.createRole(role, PASSWORD)
    await cluster.createDatabase('centre', { owner: 'centre_owner', users: ['centre_service'] })
    const as = (role: string) => cluster.connection('centre', role, PASSWORD)
    const db = { connection: as('centre_owner'), as }
    const ports = { http: 0, administration: 0, ssh: 0, mail: mailPort }
    return new CentreWithServer(folder, cluster, await writeSettings(folder, db, ports))
  }

  /** Ends the database server by SIGKILL, waits until it is gone, and starts it again. */
  async killServer(): Promise<void> {
    process.kill(this.#cluster.pid, 'SIGKILL')
    await this.#cluster.exited
    await this.database.close()
    this.#cluster = await startServer(this.#folder)
    this.database = createPool({ ...this.#cluster.superuser('centre'), max: 3 })
  }

  async count(sql: string): Promise<number> {
    const { rows } = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${sql}`,
    )
    return rows[0]?.count ?? 0
  }

  async remove(): Promise<void> {
    await this.database.close()
    await this.#cluster.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}
