import pg from 'pg'
import type { Connection } from '../connection.ts'
import { withAdministrator } from './administrator.ts'

export interface DatabaseRights {
  /** Role that owns it and runs its migrations. */
  owner: string
  /** Other roles that may connect; what they may do there, migrations say. */
  users?: string[]
}

const { escapeIdentifier, escapeLiteral } = pg

/** @param administrator a connection as superuser */
export async function createRole(
  administrator: Connection,
  name: string,
  password: string,
): Promise<void> {
  await withAdministrator(administrator, async (client) => {
    const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name])
    const verb = rows.length === 0 ? 'CREATE' : 'ALTER'
    // utility statements take no parameters
    await client.query(
      `${verb} ROLE ${escapeIdentifier(name)} LOGIN PASSWORD ${escapeLiteral(password)}`,
    )
  })
}

/** @param administrator a connection as superuser */
export async function createDatabase(
  administrator: Connection,
  name: string,
  { owner, users = [] }: DatabaseRights,
): Promise<void> {
  const database = escapeIdentifier(name)
  await withAdministrator(administrator, async (client) => {
    const { rows } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    // A copy that somebody put back under this name may be owned by who made it.
    const verb = rows.length === 0 ? 'CREATE DATABASE' : 'ALTER DATABASE'
    const owned = rows.length === 0 ? 'OWNER' : 'OWNER TO'
    await client.query(`${verb} ${database} ${owned} ${escapeIdentifier(owner)}`)
    await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`)
    for (const user of users)
      await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${escapeIdentifier(user)}`)
  })
}
