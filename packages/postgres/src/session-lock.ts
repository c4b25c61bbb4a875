import type pg from 'pg'
import type { Database } from './database.ts'
import { typedError } from './errors.ts'

/** An advisory lock that a connection of its own holds as long as it lives. */
export interface SessionLock {
  /** Resolves when the connection broke: another session may hold the lock by now. Never rejects. */
  readonly lost: Promise<Error>
  /** Gives the lock back; `lost` then never resolves. */
  release(): void
}

/**
 * Takes the lock of this number in this database, unless another session holds it. The pool must have a connection to spare for as
 * long as the lock is held.
 * @param number a bigint of SQL, in digits
 * @returns undefined when another session holds it
 * @throws PostgresError
 */
export async function trySessionLock(
  { pool }: Pick<Database, 'pool'>,
  number: string,
): Promise<SessionLock | undefined> {
  let connection: pg.PoolClient | undefined
  try {
    connection = await pool.connect()
    const { rows } = await connection.query<{ taken: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS taken',
      [number],
    )
    if (rows[0]?.taken === true) return held(connection)
    connection.release()
    return undefined
  } catch (error) {
    connection?.release(true)
    throw typedError(error)
  }
}

function held(connection: pg.PoolClient): SessionLock {
  let isOver = false
  const end = () => {
    if (!isOver) connection.release(true)
    isOver = true
  }
  const lost = new Promise<Error>((resolve) => {
    connection.on('error', (error) => {
      if (isOver) return
      end()
      resolve(error)
    })
  })
  return { lost, release: end }
}
