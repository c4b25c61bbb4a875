import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { typedError } from '../src/errors.ts'
import { createPool, type Client, type Connection } from '../src/index.ts'
import { testDatabase } from '../src/testing.ts'
import { cuttingProxy, type Cut } from './cutting-proxy.ts'

const database = await testDatabase({ name: 'transaction' })
const pool = createPool({ ...database.connection, max: 4 })
t.teardown(async () => {
  await pool.close()
  await database.drop()
})
await pool.query(
  'CREATE TABLE notes (id bigint PRIMARY KEY, text text NOT NULL, ' +
    'double bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)',
)

const insert = (client: Client, id: number, double: number | null = null) =>
  client.query("INSERT INTO notes VALUES ($1, 'x', $2)", [id, double])

async function exists(id: number): Promise<boolean> {
  const { rows } = await pool.query('SELECT FROM notes WHERE id = $1', [id])
  return rows.length === 1
}

await t.test('what a transaction did is committed, and its result comes back', async (t) => {
  t.equal(await pool.transaction(async (client) => (await insert(client, 1)).rowCount), 1)
  t.ok(await exists(1))
})

await t.test("a callback's own error rolls back and arrives unchanged", async (t) => {
  class Refusal extends Error {}
  const refusal = new Refusal('no')
  const failing = pool.transaction(async (client) => {
    await insert(client, 2)
    throw refusal
  })
  await t.rejects(failing, refusal)
  t.notOk(await exists(2))
})

await t.test('an error that the callback swallowed is not taken for a commit', async (t) => {
  const swallowing = pool.transaction(async (client) => {
    await insert(client, 3)
    await insert(client, 3).catch(() => undefined)
  })
  await t.rejects(swallowing, { code: 'rolled-back', kind: 'fatal' })
  t.notOk(await exists(3))
})

await t.test("errors say whose fault they are, by the server's code", async (t) => {
  await t.rejects(insert(pool, 1), {
    ...{ code: 'refused-value', kind: 'caller', sqlState: '23505', constraint: 'notes_pkey' },
  })
  await t.rejects(pool.query('SELECT nothing'), {
    code: 'server',
    kind: 'fatal',
    sqlState: '42703',
  })
  const nobody = createPool({ ...database.connection, socketFolder: '/nonexistent' })
  await t.rejects(nobody.query('SELECT 1'), { code: 'unreachable', kind: 'retryable' })
  await t.rejects(
    nobody.transaction(async (client) => insert(client, 4)),
    { code: 'unreachable' },
  )
  await nobody.close()
})

/** A socket as PostgreSQL would have it, and what is done with those who connect. */
async function pretended(t: Test, treat: (line: Socket) => void): Promise<Connection> {
  const socketFolder = await mkdtemp(join(tmpdir(), 'pretended-'))
  const server = createServer((line) => {
    line.on('error', () => undefined)
    treat(line)
  })
  await new Promise<void>((resolve) =>
    server.listen(join(socketFolder, `.s.PGSQL.${database.connection.port}`), resolve),
  )
  t.teardown(async () => {
    server.close()
    await rm(socketFolder, { recursive: true })
  })
  return { ...database.connection, socketFolder }
}

await t.test('a server that never answers is one that is away', async (t) => {
  const lines: Socket[] = []
  const silent = await pretended(t, (line) => lines.push(line))
  const asking = createPool({ ...silent, connectTimeoutMs: 100 })
  const refused: unknown = await asking.query('SELECT 1').catch((error: unknown) => error)
  t.match(refused, { name: 'PostgresError', kind: 'retryable' })
  await asking.close()
  // the driver's own time-out, which may come before the pool's
  const client = new pg.Client({ host: silent.socketFolder, connectionTimeoutMillis: 100 })
  client.on('error', () => undefined)
  const error: unknown = await client.connect().catch(typedError)
  t.match(error, { name: 'PostgresError', kind: 'retryable' })
  for (const line of lines) line.destroy()
})

await t.test('a constraint that refuses at COMMIT is a known rollback', async (t) => {
  await pool.transaction((client) => insert(client, 5, 50))
  const twice = pool.transaction((client) => insert(client, 6, 50))
  await t.rejects(twice, { code: 'refused-value', kind: 'caller', sqlState: '23505' })
  t.notOk(await exists(6))
})

await t.test('a client stops working with its transaction', async (t) => {
  const leaked: Client[] = []
  await pool.transaction((client) => Promise.resolve(leaked.push(client)))
  const failed = pool.transaction((client) => {
    leaked.push(client)
    return Promise.reject(new Error('no'))
  })
  await t.rejects(failed, { message: 'no' })
  for (const client of leaked)
    await t.rejects(insert(client, 7), { code: 'transaction-over', kind: 'fatal' })
  t.notOk(await exists(7))
})

await t.test('a connection lost before COMMIT committed nothing and may be retried', async (t) => {
  const lost = pool.transaction(async (client) => {
    await insert(client, 8)
    await client.query('SELECT pg_terminate_backend(pg_backend_pid())')
  })
  await t.rejects(lost, { name: 'PostgresError', kind: 'retryable' })
  const lostUnheard = pool.transaction(async (client) => {
    await insert(client, 8)
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid])
    await insert(client, 9)
  })
  await t.rejects(lostUnheard, { name: 'PostgresError', kind: 'retryable' })
  const lostAtTheEnd = pool.transaction(async (client) => {
    await insert(client, 8)
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1, 5000)', [rows[0]?.pid])
    await delay(100)
  })
  await t.rejects(lostAtTheEnd, { name: 'PostgresError', kind: 'retryable' })
  t.notOk(await exists(8))
  t.ok(await exists(1), 'the pool goes on with another connection')
})

for (const [cut, id, isPersisted] of [
  ['before the server sees it', 10, false],
  ['before its answer comes back', 11, true],
] satisfies [Cut, number, boolean][])
  await t.test(`COMMIT cut ${cut}: its state is unknown`, async (t) => {
    const proxy = await cuttingProxy(database.connection, cut)
    const cutPool = createPool(proxy.connection)
    let runs = 0
    const transaction = cutPool.transaction(
      (client) => {
        runs++
        return insert(client, id)
      },
      { attempts: 3 },
    )
    await t.rejects(transaction, { name: 'UnknownCommitState', kind: 'fatal' })
    t.equal(runs, 1, 'never run again')
    t.equal(await exists(id), isPersisted)
    await cutPool.close()
    await proxy.close()
  })

await t.test('conflicts are run again only for callers who ask', async (t) => {
  const options = { isolation: 'serializable' } as const
  let runs = 0
  const conflicting = async (client: Client) => {
    const { rows } = await client.query<{ n: number }>('SELECT count(*) AS n FROM notes')
    if (++runs === 1)
      await pool.transaction(async (other) => {
        await other.query('SELECT count(*) FROM notes')
        await insert(other, 20)
      }, options)
    await insert(client, 21)
    return rows[0]?.n
  }
  await t.rejects(pool.transaction(conflicting, options), { code: 'conflict', kind: 'retryable' })
  t.equal(runs, 1)
  await pool.query('DELETE FROM notes WHERE id >= 20')
  runs = 0
  const count = await pool.transaction(conflicting, { ...options, attempts: 2 })
  t.equal(runs, 2)
  t.strictSame((await pool.query('SELECT count(*) - 1 AS n FROM notes')).rows, [{ n: count }])
  const stubborn = pool.transaction(
    async (client) => {
      runs++
      await client.query('DO $$ BEGIN RAISE serialization_failure; END $$')
    },
    { attempts: 3 },
  )
  await t.rejects(stubborn, { code: 'conflict' })
  t.equal(runs, 5)
})

await t.test('a read-only transaction refuses to write', async (t) => {
  const writing = pool.transaction((client) => insert(client, 30), { readOnly: true })
  await t.rejects(writing, { code: 'server', sqlState: '25006' })
})

await t.test('bigint is a number, exactly or not at all', async (t) => {
  const largest = await pool.query(
    'SELECT (2::bigint ^ 53)::bigint - 1 AS n, NULL::bigint AS nothing',
  )
  t.strictSame(largest.rows, [{ n: Number.MAX_SAFE_INTEGER, nothing: null }])
  await t.rejects(pool.query('SELECT (2::bigint ^ 53)::bigint AS n'), RangeError)
  t.ok(await exists(1), 'the connection goes on')
})

await t.test('idle connections that break are replaced without a word', async (t) => {
  await Promise.all([1, 2, 3, 4].map(() => pool.query('SELECT pg_sleep(0.05)')))
  const { connection, superuser } = database
  const administrator = createPool({ ...superuser, database: 'postgres' })
  await administrator.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1',
    [connection.database],
  )
  await administrator.close()
  // the end of a connection is heard of in a turn of the event loop of its own
  while (pool.pool.idleCount > 0) await delay(5)
  t.ok(await exists(1))
})
