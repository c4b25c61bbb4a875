import pg from 'pg'
import { PostgresError, UnknownCommitState, typedError } from './errors.ts'

/** What store functions require; inside a transaction it stops working when the transaction ends. */
export interface Client {
  /** A statement with a name is prepared once per connection. @throws PostgresError */
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(
    statement: string | NamedStatement,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<Row>>
}

/** A statement that the server plans once per connection, known by its name. */
export interface NamedStatement {
  readonly name: string
  readonly text: string
  readonly values?: readonly unknown[]
}

/** The driver's form of a statement. */
export function driverQuery(
  statement: string | NamedStatement,
  values?: readonly unknown[],
): pg.QueryConfig {
  const { text, name } =
    typeof statement === 'string' ? { text: statement, name: undefined } : statement
  const given = values ?? (typeof statement === 'string' ? undefined : statement.values)
  return {
    text,
    ...(name === undefined ? {} : { name }),
    ...(given === undefined ? {} : { values: [...given] }),
  }
}

export interface TransactionOptions {
  isolation?: 'read committed' | 'repeatable read' | 'serializable'
  readOnly?: boolean
  /** How often to run it in all when it ends in a serialisation failure or deadlock. Default 1. */
  attempts?: number
}

export async function runTransaction<T>(
  pool: pg.Pool,
  work: (client: Client) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(pool, work, options)
    } catch (error) {
      const again = error instanceof PostgresError && error.code === 'conflict'
      if (!again || attempt >= (options.attempts ?? 1)) throw error
    }
  }
}

async function once<T>(
  pool: pg.Pool,
  work: (client: Client) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const connection = await connect(pool)
  const health: { broken: Error | undefined } = { broken: undefined }
  // the driver emits what happens between two queries; unheard, it would end the process
  const note = (error: Error) => (health.broken = error)
  connection.on('error', note)
  const client = new TransactionClient(connection)
  try {
    await client.query(beginStatement(options))
    const result = await work(client)
    client.end()
    // nothing was sent on a connection known to be broken, so nothing is in doubt
    if (health.broken !== undefined) throw typedError(health.broken)
    await commit(connection)
    return result
  } catch (error) {
    client.end()
    const isUsable = !(error instanceof UnknownCommitState) && health.broken === undefined
    health.broken ??= isUsable ? await rollBack(connection) : new Error('in doubt')
    throw error
  } finally {
    connection.off('error', note)
    connection.release(health.broken)
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw typedError(error)
  }
}

function beginStatement({ isolation, readOnly }: TransactionOptions): string {
  const level = isolation === undefined ? '' : ` ISOLATION LEVEL ${isolation.toUpperCase()}`
  return `BEGIN${level}${readOnly === true ? ' READ ONLY' : ''}`
}

async function commit(connection: pg.PoolClient): Promise<void> {
  const { command } = await connection.query('COMMIT').catch((error: unknown) => {
    throw rolledBackForSure(error) ? typedError(error) : new UnknownCommitState(error)
  })
  if (command !== 'COMMIT')
    throw new PostgresError('rolled-back', 'the transaction had failed before its COMMIT')
}

/** An answer of severity ERROR is a rollback; FATAL, or none, may come after the commit record. */
function rolledBackForSure(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError) || error.severity !== 'ERROR') return false
  return !['08007', '40003'].includes(error.code ?? '')
}

/** @returns the reason to throw the connection away, if it couldn't roll back */
async function rollBack(connection: pg.PoolClient): Promise<Error | undefined> {
  try {
    await connection.query('ROLLBACK')
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error('ROLLBACK failed', { cause: error })
  }
}

class TransactionClient implements Client {
  #connection: pg.PoolClient | undefined

  constructor(connection: pg.PoolClient) {
    this.#connection = connection
  }

  async query<Row extends pg.QueryResultRow>(
    statement: string | NamedStatement,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<Row>> {
    if (this.#connection === undefined)
      throw new PostgresError('transaction-over', 'this client outlived its transaction')
    try {
      return await this.#connection.query<Row>(driverQuery(statement, values))
    } catch (error) {
      throw typedError(error)
    }
  }

  end(): void {
    this.#connection = undefined
  }
}
