import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createPool, migrate } from '../src/index.ts'
import { testDatabase } from '../src/testing.ts'

async function setUp(t: Test, files: Record<string, string>) {
  const database = await testDatabase({ name: 'migrate' })
  const pool = createPool(database.connection)
  t.teardown(async () => {
    await pool.close()
    await database.drop()
  })
  const folder = t.testdir(files)
  return { folder, pool, options: { ...database.connection, folder, schema: 'vault' } }
}

const FIRST = 'CREATE TABLE notes (id bigint);'
const SECOND = 'ALTER TABLE notes ADD COLUMN text text;'

await t.test('migrations run in order, once, in their schema, as the owner', async (t) => {
  const { pool, options } = await setUp(t, {
    ...{ '0002_text.sql': SECOND, '0001_notes.sql': FIRST, 'README.md': 'not a migration' },
  })
  t.strictSame(await migrate(options), ['0001_notes', '0002_text'])
  t.strictSame(await migrate(options), [])
  await pool.query("INSERT INTO vault.notes (id, text) VALUES (1, '{placeholder}')")
  const { rows } = await pool.query("SELECT tableowner FROM pg_tables WHERE tablename = 'notes'")
  t.strictSame(rows, [{ tableowner: 'migrate_owner' }])
})

await t.test('with nothing to do it asks for no right to do it', async (t) => {
  const { pool, options } = await setUp(t, { '0001_notes.sql': FIRST })
  t.strictSame(await migrate(options), ['0001_notes'])
  await pool.query(`REVOKE CREATE ON DATABASE "${options.database}" FROM PUBLIC, migrate_owner`)
  t.strictSame(await migrate(options), [], 'as on a copy, which lacks its original’s rights')
})

await t.test('callers at the same time wait for each other', async (t) => {
  const { options } = await setUp(t, {
    '0001_notes.sql': `SELECT pg_sleep(0.3); ${FIRST}`,
    '0002_text.sql': SECOND,
  })
  const applied = await Promise.all([migrate(options), migrate(options), migrate(options)])
  t.strictSame(applied.flat().sort(), ['0001_notes', '0002_text'])
})

await t.test('a migration that fails leaves the database as it was', async (t) => {
  const { folder, pool, options } = await setUp(t, {
    '0001_notes.sql': FIRST,
    '0002_text.sql': 'ALTER TABLE absent ADD COLUMN text text;',
  })
  await t.rejects(migrate(options), { name: 'PostgresError', code: 'server', sqlState: '42P01' })
  t.strictSame((await pool.query("SELECT to_regclass('vault.notes') AS it")).rows, [{ it: null }])
  await writeFile(join(folder, '0002_text.sql'), SECOND)
  t.strictSame(await migrate(options), ['0001_notes', '0002_text'])
})

await t.test('a newer database, a badly named or misplaced file are refused', async (t) => {
  const { folder, options } = await setUp(t, { '0001_notes.sql': FIRST, '0003_text.sql': SECOND })
  await migrate(options)
  await rm(join(folder, '0003_text.sql'))
  const newer = /has migration 0003_text, which this version lacks: it belongs to a newer version/
  await t.rejects(migrate(options), { code: 'migration', message: newer })
  await writeFile(join(folder, '0003_text.sql'), SECOND)
  await writeFile(join(folder, '0002_late.sql'), 'SELECT 1;')
  await t.rejects(migrate(options), { code: 'migration', message: /0002_late/ })
  await rm(join(folder, '0002_late.sql'))
  await writeFile(join(folder, '4_short.sql'), 'SELECT 1;')
  await t.rejects(migrate(options), { code: 'migration', message: /4_short\.sql: name it like/ })
  await rm(join(folder, '4_short.sql'))
  await writeFile(join(folder, '0003_twice.sql'), 'SELECT 1;')
  await t.rejects(migrate(options), { code: 'migration', message: /0003 is used twice/ })
})

await t.test('no server, no migration: retryable', async (t) => {
  const { options } = await setUp(t, { '0001_notes.sql': FIRST })
  await t.rejects(migrate({ ...options, socketFolder: '/nonexistent' }), {
    ...{ code: 'unreachable', kind: 'retryable' },
  })
})
