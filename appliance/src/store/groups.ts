import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

/** People who are given rights together. */
export interface Group {
  readonly id: string
  readonly name: string
}

export async function addGroup(client: Client, group: Group, createdAtMs: number): Promise<void> {
  await client.query(
    `INSERT INTO vault.groups (id, name, created_at) VALUES ($1, $2, to_timestamp($3::float8))`,
    [group.id, group.name, createdAtMs / 1000],
  )
}

export async function findGroup(client: Queryable, id: string): Promise<Group | undefined> {
  const { rows } = await client.query<Group>(`SELECT id, name FROM vault.groups WHERE id = $1`, [
    id,
  ])
  return rows[0]
}

export async function listGroups(
  client: Queryable,
  afterName: string,
  limit: number,
): Promise<Group[]> {
  const { rows } = await client.query<Group>(
    `SELECT id, name FROM vault.groups WHERE name > $1 ORDER BY name LIMIT $2`,
    [afterName, limit],
  )
  return rows
}

export async function renameGroup(client: Client, id: string, name: string): Promise<void> {
  await client.query(`UPDATE vault.groups SET name = $2 WHERE id = $1`, [id, name])
}

/** Its rights go with it. */
export async function deleteGroup(client: Client, id: string): Promise<void> {
  await client.query(`DELETE FROM vault.groups WHERE id = $1`, [id])
}

export async function groupMembers(client: Queryable, id: string): Promise<string[]> {
  const { rows } = await client.query<{ user_id: string }>(
    `SELECT user_id FROM vault.group_members WHERE group_id = $1 ORDER BY user_id`,
    [id],
  )
  return rows.map((row) => row.user_id)
}

export async function isGroupMember(
  client: Queryable,
  id: string,
  userId: string,
): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT FROM vault.group_members WHERE group_id = $1 AND user_id = $2`,
    [id, userId],
  )
  return rows.length > 0
}

export async function addGroupMember(client: Client, id: string, userId: string): Promise<void> {
  await client.query(
    `INSERT INTO vault.group_members (group_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
    [id, userId],
  )
}

export async function removeGroupMember(client: Client, id: string, userId: string): Promise<void> {
  await client.query(`DELETE FROM vault.group_members WHERE group_id = $1 AND user_id = $2`, [
    id,
    userId,
  ])
}
