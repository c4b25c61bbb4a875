import pg from 'pg'
import { driverConfig, type Connection } from '../connection.ts'
import { typedError } from '../errors.ts'

/** One short-lived connection for statements that pools and transactions don't take. */
export async function withAdministrator<T>(
  connection: Connection,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(driverConfig(connection))
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } catch (error) {
    throw typedError(error)
  } finally {
    await client.end()
  }
}
