import { readdir } from 'node:fs/promises'
import type { Logger } from '@probant/host'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { driverConfig, type Connection } from './connection.ts'
import { PostgresError, typedError } from './errors.ts'

export interface MigrationOptions extends Connection {
  /** Folder of numbered plain SQL files: `0001_journal.sql`; other kinds of files are left alone. */
  folder: string
  /** Schema to create and work in; the table of applied migrations lives there. Default `public`. */
  schema?: string
  logger?: Logger
}

const NAME = /^\d{4}_[a-z0-9-]+\.sql$/
const TABLE = 'migrations'

/**
 * Brings a database to the newest migration of `folder`, all in one transaction, as the connection's
 * role, which should be the owner. Callers at the same time wait for each other, so every component
 * may call it at start.
 * @returns names applied by this call, in order
 * @throws PostgresError `migration`: badly named file, number used twice, an unapplied file before an
 * applied one, or a database that knows migrations which the folder lacks
 */
export async function migrate(options: MigrationOptions): Promise<string[]> {
  const { folder, schema = 'public', logger } = options
  const names = await migrationNames(folder)
  const client = new pg.Client(driverConfig(options))
  client.on('error', (error) => logger?.warn({ err: error }, 'the migration connection broke'))
  try {
    await client.connect()
    const before = await appliedBefore(client, schema, names)
    // Nothing to do needs no right to do it: a copy of a database may lack its owner's.
    if (names.every((name) => before.has(name))) return []
    const applied = await runner({
      dbClient: client,
      dir: folder,
      ignorePattern: '(?!\\d{4}_[a-z0-9-]+\\.sql$).*',
      direction: 'up',
      schema,
      createSchema: schema !== 'public',
      migrationsTable: TABLE,
      migrationsSchema: schema,
      singleTransaction: true,
      checkOrder: true,
      advisoryLockMode: 'wait',
      logger: quiet(logger),
    })
    return applied.map(({ name }) => name)
  } catch (error) {
    const typed = typedError(error)
    if (typed instanceof PostgresError) throw typed
    throw new PostgresError('migration', `migrations of ${folder} failed: ${String(error)}`, error)
  } finally {
    await client.end()
  }
}

/** Names without extension, in order. */
async function migrationNames(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  const wrong = files.find((file) => !NAME.test(file))
  if (wrong !== undefined)
    throw new PostgresError('migration', `${folder}/${wrong}: name it like 0001_some-title.sql`)
  const twice = files.find((file, index) => files[index - 1]?.slice(0, 4) === file.slice(0, 4))
  if (twice !== undefined)
    throw new PostgresError('migration', `${folder}: number ${twice.slice(0, 4)} is used twice`)
  return files.map((file) => file.slice(0, -'.sql'.length))
}

/** Names that are applied. @throws PostgresError: an older version of the product must not run on data that a newer one has changed */
async function appliedBefore(
  client: pg.Client,
  schema: string,
  names: string[],
): Promise<ReadonlySet<string>> {
  const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(TABLE)}`
  const exists = await client.query<{ found: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS found',
    [table],
  )
  if (exists.rows[0]?.found !== true) return new Set()
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${table}`)
  const unknown = rows.find(({ name }) => !names.includes(name))
  if (unknown !== undefined)
    throw new PostgresError(
      'migration',
      `the database has migration ${unknown.name}, which this version lacks: ` +
        'it belongs to a newer version',
    )
  return new Set(rows.map(({ name }) => name))
}

function quiet(logger: Logger | undefined) {
  return {
    info: (message: string) => logger?.debug(message),
    warn: (message: string) => logger?.warn(message),
    error: (message: string) => logger?.error(message),
  }
}
