import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPool } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import t from 'tap'

const migrations = join(import.meta.dirname, '../migrations')
const dump = join(migrations, 'schema.txt')

/** One line for everything that the migrations make, in an order that doesn't depend on how they made it. */
const STATEMENTS = [
  `SELECT format('column %s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
     CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
     coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) AS line
   FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
   LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
   WHERE c.relnamespace = 'centre'::regnamespace AND c.relkind IN ('r', 'p')
     AND a.attnum > 0 AND NOT a.attisdropped AND NOT c.relispartition`,
  `SELECT format('constraint %s %s: %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS line
   FROM pg_constraint WHERE connamespace = 'centre'::regnamespace AND contype <> 'n'
     AND NOT (SELECT relispartition FROM pg_class WHERE oid = conrelid)`,
  `SELECT format('index %s', indexdef) AS line FROM pg_indexes WHERE schemaname = 'centre'`,
  `SELECT format('trigger %s', pg_get_triggerdef(oid)) AS line FROM pg_trigger
   WHERE NOT tgisinternal AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'centre'::regnamespace)`,
  `SELECT format('function %s %s', oid::regprocedure, md5(prosrc)) AS line FROM pg_proc
   WHERE pronamespace = 'centre'::regnamespace`,
]

void t.test('the schema is the one that was reviewed', async (t) => {
  const db = await testDatabase({ name: 'centre', migrations, roles: ['centre_service'] })
  const database = createPool({ ...db.connection, max: 1 })
  const lines: string[] = []
  for (const statement of STATEMENTS) {
    const { rows } = await database.query<{ line: string }>(statement)
    lines.push(...rows.map(({ line }) => line).sort())
  }
  await database.close()
  await db.drop()
  const schema = `${lines.join('\n')}\n`
  if (process.env['PROBANT_WRITE_SCHEMA'] !== undefined) await writeFile(dump, schema)
  t.equal(schema, await readFile(dump, 'utf8'), 'PROBANT_WRITE_SCHEMA=1 writes it anew')
  const keys = lines.filter((line) => /PRIMARY KEY \(/.test(line))
  const elsewhere =
    /centre\.(tenants|box_directory|origin_directory|presence|absences|access_tokens) /
  const leading = keys.filter((line) => !elsewhere.test(line))
  t.ok(leading.length > 10)
  t.same(
    leading.filter((line) => !line.includes('PRIMARY KEY (tenant_id')),
    [],
    'tenant_id leads',
  )
})
