import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { withAdministrator } from '../cluster/administrator.ts'
import { createRole } from '../cluster/roles.ts'
import type { Connection } from '../connection.ts'
import { migrate } from '../migrate.ts'
import type { SharedCluster } from './shared-cluster.ts'

export interface TestDatabaseOptions {
  /** Folder of migrations that the database starts with; without one it is empty. */
  migrations?: string
  /** Start of the database's name, and of its owner's: `box` is owned by `box_owner`. */
  name: string
  owner?: string
  /** Roles that the migrations grant rights to. */
  roles?: string[]
  /** As for migrate(). */
  schema?: string
}

/** Any number; test processes that make templates take turns on it. */
const TEMPLATE_LOCK = 20_240_924

/** @returns the name of a template database that has the migrations, made by the first caller */
export async function ensureTemplate(
  cluster: SharedCluster,
  options: TestDatabaseOptions & { owner: string },
): Promise<string> {
  const template = `template_${await fingerprint(options)}`
  const administrator: Connection = { ...cluster, database: 'postgres', user: 'postgres' }
  await withAdministrator(administrator, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK])
    const { rows } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template])
    if (rows.length > 0) return
    for (const role of [options.owner, ...(options.roles ?? [])])
      await createRole(administrator, role, cluster.password)
    await build(client, administrator, options, template)
  })
  return template
}

/** It gets its name last, so that what an interrupted test process left is never cloned. */
async function build(
  client: pg.Client,
  administrator: Connection,
  { owner, migrations, schema }: TestDatabaseOptions & { owner: string },
  template: string,
): Promise<void> {
  const building = pg.escapeIdentifier(`${template}_building`)
  await client.query(`DROP DATABASE IF EXISTS ${building} WITH (FORCE)`)
  await client.query(`CREATE DATABASE ${building} OWNER ${pg.escapeIdentifier(owner)}`)
  if (migrations !== undefined)
    await migrate({
      ...administrator,
      ...{ database: `${template}_building`, user: owner, folder: migrations },
      ...(schema === undefined ? {} : { schema }),
    })
  await client.query(`ALTER DATABASE ${building} RENAME TO ${pg.escapeIdentifier(template)}`)
}

/** Changes when a migration, a role or the schema does; 24 hex digits. */
async function fingerprint({
  migrations,
  owner,
  roles = [],
  schema = '',
}: TestDatabaseOptions & { owner: string }): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([owner, roles, schema]))
  const files = migrations === undefined ? [] : (await readdir(migrations)).sort()
  for (const file of files.filter((name) => name.endsWith('.sql')))
    hash.update(`\n${file}\n`).update(await readFile(join(migrations ?? '', file)))
  return hash.digest('hex').slice(0, 24)
}
