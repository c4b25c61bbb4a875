import pg from 'pg'

/** Where a database is and who connects to it; part of every component's settings file. */
export interface Connection {
  /** Folder of the server's Unix socket; its name is made from `port`. */
  socketFolder: string
  port: number
  database: string
  user: string
  password: string
}

/**
 * bigint columns and counts arrive as numbers, not as the driver's text; a value that a number can't
 * hold exactly fails the query instead of being rounded.
 */
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, exactNumber)

/** The driver's configuration for a connection. */
export function driverConfig(connection: Connection): pg.ClientConfig {
  const { socketFolder, port, database, user, password } = connection
  return { host: socketFolder, port, database, user, password, types }
}

function exactNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is beyond 2^53`)
  return value
}
