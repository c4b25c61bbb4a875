import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPool, type Database } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import t from 'tap'

// docs/scaling.md names the tables that every node holds; all others are distributed by tenant. The catalogue says whether that is so.

const page = join(import.meta.dirname, '../../docs/scaling.md')
const migrations = join(import.meta.dirname, '../migrations')

let database: Database
let reference: Set<string>

t.before(async () => {
  const db = await testDatabase({ name: 'centre', migrations, roles: ['centre_service'] })
  database = createPool({ ...db.connection, max: 1 })
  t.teardown(async () => {
    await database.close()
    await db.drop()
  })
  const text = await readFile(page, 'utf8')
  const [, section = ''] = /## Reference tables\n([\s\S]*?)\n## /.exec(text) ?? []
  reference = new Set([...section.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name = '']) => name))
})

async function names(sql: string): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(sql)
  return rows.map(({ name }) => name)
}

const SAY = 'a table that is not distributed by tenant is named in docs/scaling.md, with the reason'

void t.test('the page names tables that there are', async (t) => {
  const tables = await names(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'centre'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
  )
  t.ok(reference.size > 4)
  t.ok(tables.length > reference.size + 10)
  t.same(
    [...reference].filter((name) => !tables.includes(name)),
    [],
  )
})

void t.test('every other table has tenant_id, and has it always', async (t) => {
  const without = await names(
    `SELECT relname AS name FROM pg_class c
     WHERE relnamespace = 'centre'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
         AND a.attname = 'tenant_id' AND a.attnotnull AND a.atttypid = 'uuid'::regtype)`,
  )
  t.same(
    without.filter((name) => !reference.has(name)),
    [],
    SAY,
  )
})

void t.test('its unique keys begin with tenant_id', async (t) => {
  const { rows } = await database.query<{ table: string; index: string; leading: string | null }>(
    `SELECT c.relname AS table, i.indexrelid::regclass::text AS index, a.attname AS leading
     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
     WHERE c.relnamespace = 'centre'::regnamespace AND NOT c.relispartition AND i.indisunique`,
  )
  t.ok(rows.length > 20)
  t.same(
    rows.filter(({ table, leading }) => leading !== 'tenant_id' && !reference.has(table)),
    [],
    SAY,
  )
})

void t.test('its foreign keys stay within the tenant or point to a reference table', async (t) => {
  const { rows } = await database.query<{
    key: string
    from: string
    to: string
    tenants: boolean
  }>(
    `SELECT conname AS key, f.relname AS from, o.relname AS to,
       EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS pair (own, other)
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.own
         JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.other
         WHERE a.attname = 'tenant_id' AND b.attname = 'tenant_id') AS tenants
     FROM pg_constraint k JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class o ON o.oid = k.confrelid
     WHERE k.contype = 'f' AND f.relnamespace = 'centre'::regnamespace AND NOT f.relispartition`,
  )
  t.ok(rows.length > 20)
  const crossing = rows.filter(({ from, to, tenants }) =>
    reference.has(from) ? !reference.has(to) : !tenants && !reference.has(to),
  )
  t.same(crossing, [], SAY)
})

void t.test('partitions are by time alone', async (t) => {
  const levels = await names(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'centre'::regnamespace AND relkind = 'p' AND relispartition`,
  )
  t.same(levels, [], 'one level: partitions of partitions can’t be distributed')
})
