import type { Client } from '@probant/postgres'
import { ADMINISTRATION, ADMINISTRATOR_ROLES } from '../access/permissions.ts'
import { BoxError } from '../errors.ts'
import type { Queryable } from './journal.ts'

/** A role that this box's administrators made. */
export interface CustomRole {
  readonly name: string
  readonly label: string
  readonly permissions: readonly string[]
}

export async function addRole(
  client: Client,
  { name, label, permissions }: CustomRole,
  createdAtMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO vault.roles (name, label, permissions, created_at) VALUES ($1, $2, $3, to_timestamp($4::float8))`,
    [name, label, permissions, createdAtMs / 1000],
  )
}

export async function listRoles(client: Queryable): Promise<CustomRole[]> {
  const { rows } = await client.query<CustomRole>(
    `SELECT name, label, permissions FROM vault.roles ORDER BY name`,
  )
  return rows
}

export async function findRole(client: Queryable, name: string): Promise<CustomRole | undefined> {
  const { rows } = await client.query<CustomRole>(
    `SELECT name, label, permissions FROM vault.roles WHERE name = $1`,
    [name],
  )
  return rows[0]
}

/** @throws BoxError `conflict` where nobody would be left who administers */
export async function changeRole(
  client: Client,
  { name, label, permissions }: CustomRole,
): Promise<void> {
  await client.query(`UPDATE vault.roles SET label = $2, permissions = $3 WHERE name = $1`, [
    name,
    label,
    permissions,
  ])
  await requireAdministrator(client)
}

/** @throws BoxError `conflict` while somebody has it */
export async function deleteRole(client: Client, name: string): Promise<void> {
  const { rows } = await client.query(`SELECT FROM vault.users WHERE $1 = ANY(roles) LIMIT 1`, [
    name,
  ])
  if (rows.length > 0)
    throw new BoxError('conflict', 'caller', 'somebody has this role', {
      words: {
        fr: 'Quelqu’un a ce rôle : retirez-le-lui d’abord.',
        en: 'Somebody has this role: take it away from them first.',
      },
    })
  await client.query(`DELETE FROM vault.roles WHERE name = $1`, [name])
}

/**
 * Within an act that may have taken the last one away.
 * @throws BoxError `conflict` where no account that is open administers people and roles
 */
export async function requireAdministrator(client: Client): Promise<void> {
  const { rows } = await client.query(
    `SELECT FROM vault.users u WHERE u.disabled_at IS NULL AND (u.roles && $1::text[]
       OR $2::text[] <@ ARRAY(SELECT p FROM vault.roles r, unnest(r.permissions) p WHERE r.name = ANY(u.roles)))
     LIMIT 1`,
    [ADMINISTRATOR_ROLES, ADMINISTRATION],
  )
  if (rows.length > 0) return
  throw new BoxError('conflict', 'caller', 'the last administrator', {
    words: {
      fr: 'Il ne resterait aucun administrateur : donnez d’abord ce rôle à quelqu’un d’autre.',
      en: 'No administrator would be left: give somebody else this role first.',
    },
  })
}
