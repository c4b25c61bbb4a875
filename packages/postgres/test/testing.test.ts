import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createPool } from '../src/index.ts'
import { testDatabase } from '../src/testing.ts'

async function migrations(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'probant-migrations-'))
  await writeFile(
    join(folder, '0001_notes.sql'),
    'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL);\n' +
      'GRANT SELECT ON notes TO testing_reader;\nGRANT USAGE ON SCHEMA register TO testing_reader;\n',
  )
  return folder
}

await t.test('each test database is its own, with the migrations and the rights', async (t) => {
  const options = {
    ...{ name: 'testing', migrations: await migrations() },
    ...{ roles: ['testing_reader'], schema: 'register' },
  }
  const [one, other] = await Promise.all([testDatabase(options), testDatabase(options)])
  t.teardown(() => Promise.all([one.drop(), other.drop()]))
  t.not(one.connection.database, other.connection.database)

  const owner = createPool(one.connection)
  const reader = createPool(one.as('testing_reader'))
  const elsewhere = createPool(other.connection)
  t.teardown(() => Promise.all([owner.close(), reader.close(), elsewhere.close()]))
  await owner.query("INSERT INTO register.notes VALUES (1, 'one')")
  t.strictSame((await reader.query('SELECT text FROM register.notes')).rows, [{ text: 'one' }])
  await t.rejects(reader.query('DELETE FROM register.notes'), { code: 'server', sqlState: '42501' })
  t.strictSame((await elsewhere.query('SELECT text FROM register.notes')).rows, [])
})

await t.test('a dropped test database is gone, whoever is connected', async (t) => {
  const database = await testDatabase({ name: 'dropped' })
  const pool = createPool(database.connection)
  t.teardown(() => pool.close())
  await pool.query('SELECT 1')
  await database.drop()
  await t.rejects(pool.query('SELECT 1'), { name: 'PostgresError' })
})
