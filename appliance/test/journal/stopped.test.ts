import { createPool } from '@probant/postgres'
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startProcess, type ServiceProcess } from '../kill/process.ts'
import { createWorld, form, staff } from '../world.ts'

const world = await createWorld()
const { vault, token } = await staff(world)
const { home, localSocket } = world.settings
const head = join(home, 'signed-head')
const witnessed = join(home, 'witnessed-head')
t.setTimeout(180_000)
t.teardown(() => world.close())

const superuser = createPool({ ...world.database.superuser, database: 'postgres', max: 1 })
const base = world.settings.database.database
const copies: string[] = []
t.teardown(async () => {
  for (const copy of copies) await superuser.query(`DROP DATABASE ${copy} WITH (FORCE)`)
  await superuser.close()
})

async function deposit(content: string): Promise<string> {
  const answer = await world.call('POST', `/vaults/${vault}/objects`, {
    token,
    body: form(content),
  })
  if (answer.status !== 201) throw new Error(await answer.text())
  return ((await answer.json()) as { id: string }).id
}

/** The database as it is now, while no service runs on it. */
async function copyOf(database: string): Promise<string> {
  const copy = `${base}_${copies.length}`
  copies.push(copy)
  await superuser.query(`CREATE DATABASE ${copy} TEMPLATE ${database}`)
  return copy
}

/** As somebody who is root on the box: triggers are no barrier. */
async function tamper(database: string, ...statements: string[]): Promise<void> {
  const pool = createPool({ ...world.database.superuser, database, max: 1 })
  await pool.query('SET session_replication_role = replica')
  for (const statement of statements) await pool.query(statement)
  await pool.close()
}

const files = async () =>
  (await readdir(join(home, 'store'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort()

async function start(database: string): Promise<ServiceProcess> {
  const settings = { ...world.settings, database: { ...world.settings.database, database } }
  const settingsFile = join(home, 'copy.json')
  await writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 })
  return startProcess({ settingsFile, logFile: join(home, 'service.log') })
}

async function onLocalSocket(method: string, path: string, body?: unknown) {
  return new Promise<{ status: number; json: Record<string, unknown> }>((resolve, reject) => {
    const sent = request({ socketPath: localSocket, method, path }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          json: JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>,
        }),
      )
    }).on('error', reject)
    if (body !== undefined) sent.setHeader('content-type', 'application/json')
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const first = await deposit('before the copy')
await world.stop()
const older = await copyOf(base)
const olderHead = await readFile(head)
await world.restart()
const second = await deposit('after the copy')
await world.stop()
const newerHead = await readFile(head)
// What a start on an intact journal would clear away.
const orphan = join(home, 'store', 'objects', 'ab', 'ab000000-0000-4000-8000-000000000000')
const staged = join(home, 'store', 'staging', 'cd000000-0000-4000-8000-000000000000')
await writeFile(orphan, 'x')
await writeFile(staged, 'x')

/** A service on this database must refuse everything, keep everything and say why. */
async function refusesEverything(t: Test, database: string, why: RegExp): Promise<void> {
  const before = await files()
  const service = await start(database)
  try {
    t.ok(service.port, 'it starts')
    const api = `http://127.0.0.1:${service.port ?? 0}/api/v1`
    const authorization = `Bearer ${token}`
    const acts: [string, string, BodyInit?][] = [
      ['POST', `/vaults/${vault}/objects`, form('more')],
      ['GET', `/vaults/${vault}/objects`],
      ['GET', `/vaults/${vault}/objects/count`],
      ['GET', `/vaults/${vault}/objects/${first}`],
      ['GET', `/vaults/${vault}/objects/${first}/content`],
      ['GET', `/vaults/${vault}/objects/${first}/proof`],
      ['POST', `/vaults/${vault}/objects/${first}/integrity-checks`],
      ['GET', `/vaults/${vault}/journal`],
      ['GET', '/journal/head'],
    ]
    for (const [method, path, body] of acts) {
      const answer = await fetch(api + path, {
        ...{ method, headers: { authorization } },
        ...(body === undefined ? {} : { body }),
      })
      const problem = (await answer.json()) as { type: string }
      t.match(
        { status: answer.status, type: problem.type },
        { status: 503, type: 'urn:probant:problem:journal-stopped' },
        `${method} ${path}`,
      )
    }
    const ready = await fetch(`http://127.0.0.1:${service.administrationPort ?? 0}/readyz`)
    t.equal(ready.status, 503)
    t.match(await ready.text(), why, 'readyz says why')
    t.equal((await onLocalSocket('GET', '/head')).status, 200, 'the agent still hears the head')
    const noted = { note: newerHead.toString() }
    for (const [path, body] of Object.entries({
      '/cosignatures': noted,
      '/audit-receipts': noted,
      '/recomputations': undefined,
    }))
      t.equal((await onLocalSocket('POST', path, body)).status, 503, path)
    t.same(await files(), before, 'no file was removed')
  } finally {
    t.same(await service.stop(), { code: 0, signal: null })
  }
  t.same(await readFile(head), newerHead, 'what it remembers is not overwritten')
}

const last = `(SELECT max(seq) FROM journal.traces)`
const cases: readonly { what: string; why: RegExp; statements: string[] }[] = [
  {
    what: 'the newest traces deleted',
    why: /counts \d+ traces but its newest trace is number \d+/,
    statements: [`DELETE FROM journal.traces WHERE seq > ${last} - 3`],
  },
  {
    what: 'the newest traces deleted, and the counter put back',
    why: /a checkpoint covers \d+ traces but the journal holds/,
    statements: [
      `DELETE FROM journal.traces WHERE seq > ${last} - 3`,
      `UPDATE journal.state SET size = ${last} + 1`,
    ],
  },
  {
    what: 'the newest traces deleted, with counter and checkpoints',
    why: /this box signed a head of \d+: the database was rolled back or cut/,
    statements: [
      `DELETE FROM vault.object_secrets WHERE object_id = '${second}'`,
      `DELETE FROM vault.objects WHERE id = '${second}'`,
      `DELETE FROM journal.traces WHERE seq > ${last} - 3`,
      `UPDATE journal.state SET size = ${last} + 1`,
      `DELETE FROM journal.checkpoints WHERE size > (SELECT size FROM journal.state)`,
      `UPDATE journal.state SET size = (SELECT max(size) FROM journal.checkpoints)`,
      `DELETE FROM journal.traces WHERE seq >= (SELECT size FROM journal.state)`,
    ],
  },
  {
    what: 'a byte of the last trace changed',
    why: /do not give the root of their signed checkpoint/,
    statements: [
      `UPDATE journal.traces SET bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) WHERE seq = ${last}`,
    ],
  },
  {
    what: 'a byte of one of the last traces changed, and its leaf with it',
    why: /do not give the root of their signed checkpoint/,
    statements: [
      `UPDATE journal.traces SET bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) WHERE seq = ${last} - 4`,
      `UPDATE journal.traces SET leaf = sha256('\\x00'::bytea || bytes) WHERE seq = ${last} - 4`,
    ],
  },
  {
    what: 'a trace in the middle of the newest ones deleted',
    why: /trace \d+ is missing/,
    statements: [`DELETE FROM journal.traces WHERE seq = ${last} - 4`],
  },
  {
    what: 'the newest checkpoint signed by somebody else',
    why: /does not carry a valid signature by this box/,
    statements: [
      `UPDATE journal.checkpoints SET note = regexp_replace(note, '[A-Za-z0-9+/]{8}(=*)\n$', E'AAAAAAAA\\\\1\n')
         WHERE size = (SELECT max(size) FROM journal.checkpoints)`,
    ],
  },
  {
    what: 'a trace after the newest checkpoint that is not this journal’s next one',
    why: /trace \d+ does not follow the one before it/,
    statements: [
      `INSERT INTO journal.traces SELECT seq + 1, bytes, leaf, act, outcome FROM journal.traces WHERE seq = ${last}`,
      `UPDATE journal.state SET size = size + 1`,
    ],
  },
]

for (const { what, why, statements } of cases)
  void t.test(`${what}: the service starts stopped and touches nothing`, async (t) => {
    const database = await copyOf(base)
    await tamper(database, ...statements)
    await refusesEverything(t, database, why)
  })

void t.test('an older copy of the database, with the newer head that it signed', async (t) => {
  await refusesEverything(t, older, /this box signed a head of \d+: the database was rolled back/)
})

void t.test('an older copy of the database, with the newer head that was witnessed', async (t) => {
  await cp(head, witnessed)
  await writeFile(head, olderHead)
  const before = await files()
  const service = await start(older)
  const ready = await fetch(`http://127.0.0.1:${service.administrationPort ?? 0}/readyz`)
  t.match(await ready.text(), /a witness signed a head of \d+: the database was rolled back/)
  t.same(await service.stop(), { code: 0, signal: null })
  t.same(await files(), before, 'no file was removed')
  await rm(witnessed)
  await writeFile(head, newerHead)
})

void t.test('a remembered head that can not be read', async (t) => {
  await writeFile(head, 'nothing like a head')
  const service = await start(base)
  const ready = await fetch(`http://127.0.0.1:${service.administrationPort ?? 0}/readyz`)
  t.match(await ready.text(), /signed-head holds no head/)
  t.same(await service.stop(), { code: 0, signal: null })
  await writeFile(head, newerHead)
})

void t.test('on the database as it was left, the same service serves', async (t) => {
  t.ok((await files()).length === 4)
  await world.restart()
  t.equal(world.box.journal.stoppedBecause, undefined)
  for (const id of [first, second]) {
    const read = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
    t.equal(read.status, 200)
  }
  t.same(
    await files(),
    [first, second].sort(),
    'what interrupted deposits left is cleared away now',
  )
})
