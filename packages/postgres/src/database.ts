import type { Logger } from '@probant/host'
import pg from 'pg'
import { driverConfig, type Connection } from './connection.ts'
import { typedError } from './errors.ts'
import {
  driverQuery,
  runTransaction,
  type Client,
  type NamedStatement,
  type TransactionOptions,
} from './transaction.ts'

export interface PoolOptions extends Connection {
  /** Most connections open at once. */
  max?: number
  /** Shown in pg_stat_activity. */
  applicationName?: string
  /** How long to wait for a connection, a free one of the pool included. Default 30,000. */
  connectTimeoutMs?: number
  /** Hears of idle connections that broke. */
  logger?: Logger
}

/** One database, as one role, through a pool of connections. */
export interface Database extends Client {
  readonly pool: pg.Pool
  /** One statement on its own, for reads: a lost connection leaves a write's fate unknown. */
  query: Client['query']
  /**
   * Runs `work` between BEGIN and COMMIT on one connection. When it resolves, the commit is durable
   * as far as `synchronous_commit` says; when it rejects with anything but UnknownCommitState,
   * nothing was committed. May run concurrently, up to the pool's size.
   * @throws UnknownCommitState, PostgresError, or whatever `work` threw
   */
  transaction<T>(work: (client: Client) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Waits for the connections in use, then closes all. */
  close(): Promise<void>
}

/** Opens no connection yet: the first query does. */
export function createPool(options: PoolOptions): Database {
  const { max = 10, applicationName = 'probant', connectTimeoutMs = 30_000, logger } = options
  const pool = new pg.Pool({
    ...driverConfig(options),
    max,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
  })
  // A query that finds its connection broken hears of it, and then the driver emits the failed write once more, when nobody listens.
  pool.on('connect', (client) => client.on('error', () => undefined))
  // without a listener, an idle connection's end would end the process
  pool.on('error', (error) => logger?.warn({ err: error }, 'an idle database connection broke'))
  return {
    pool,
    query: async <Row extends pg.QueryResultRow>(
      statement: string | NamedStatement,
      values?: readonly unknown[],
    ) => {
      try {
        return await pool.query<Row>(driverQuery(statement, values))
      } catch (error) {
        throw typedError(error)
      }
    },
    transaction: (work, transactionOptions) => runTransaction(pool, work, transactionOptions),
    close: () => pool.end(),
  }
}
