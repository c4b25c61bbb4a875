import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { createPool } from '../src/index.ts'
import { testDatabase } from '../src/testing.ts'

const MIGRATIONS = {
  '0001_notes.sql':
    'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL);\n' +
    'GRANT SELECT ON notes TO testing_reader;\nGRANT USAGE ON SCHEMA register TO testing_reader;\n',
}

await t.test('each test database is its own, with the migrations and the rights', async (t) => {
  const options = {
    ...{ name: 'testing', migrations: t.testdir(MIGRATIONS) },
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

await t.test('the shared server is one, survives its users and ends with the last', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'shared-'))
  await chmod(folder, 0o711)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const users = [1, 2, 3].map(() => user(folder))
  const servers = await Promise.all(users.map(({ server }) => server))
  t.equal(new Set(servers).size, 1)

  const keeper = await keeperPid(folder)
  users[0]?.child.kill('SIGKILL')
  await delay(700)
  t.equal(await keeperPid(folder), keeper, 'it stays while there are others')

  // its data and its server go with the next one
  process.kill(keeper, 'SIGKILL')
  const next = user(folder)
  t.not(await next.server, servers[0])
  for (const { child } of [...users, next]) child.kill('SIGKILL')
  const left = () => readdir(folder)
  for (let attempt = 0; attempt < 400 && (await left()).length > 1; attempt++) await delay(50)
  t.strictSame(await left(), [await meetingPlace(folder)])
  t.strictSame(await readdir(join(folder, await meetingPlace(folder))), ['keeper.log'])
})

/** A test process that uses the shared server of the temporary folder given. */
function user(folder: string): { child: ChildProcess; server: Promise<string> } {
  const testing = join(import.meta.dirname, '../src/testing.ts')
  const script = `import { testDatabase } from ${JSON.stringify(testing)}
    const { connection } = await testDatabase({ name: 'shared' })
    console.log(connection.socketFolder)
    process.stdin.resume().on('end', () => process.exit())`
  const program = [process.execPath, '--input-type=module', '--eval', script]
  const child = spawn('env', ['--unset=NODE_OPTIONS', ...program], {
    env: { PATH: process.env['PATH'], TMPDIR: folder, PROBANT_TEST_SERVER_IDLE_MS: '500' },
    // it ends with us, however we end
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const server = Promise.race([once(child.stdout, 'data'), once(child, 'exit')]).then(([first]) =>
    String(first).trim(),
  )
  return { child, server }
}

async function meetingPlace(folder: string): Promise<string> {
  return (await readdir(folder)).find((name) => /^probant-test-\d/.test(name)) ?? 'nowhere'
}

async function keeperPid(folder: string): Promise<number> {
  const text = await readFile(join(folder, await meetingPlace(folder), 'work.json'), 'utf8')
  return Number(/"pid":(\d+)/.exec(text)?.[1])
}
