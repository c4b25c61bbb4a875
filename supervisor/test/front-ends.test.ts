import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JournalVerifier, emptyJournalState, parseTrace, parseVkey } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { createPool, type Database } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import t from 'tap'
import { newAgentKey, TestAgent } from './support/agent.ts'
import { TestBox } from './support/box.ts'
import { enrolmentOf } from './support/centre.ts'
import { TestRelay } from './support/mail.ts'
import { CentreProcess, initialiseCentre } from './support/process.ts'
import { writeSettings } from './support/settings.ts'

// Two processes of one centre: one database, one folder of bytes, the same keys. Both take agents, watch, send and sign.

const key = newAgentKey()
const relay = new TestRelay()
let settings: string
let database: Database
let identity: Awaited<ReturnType<typeof initialiseCentre>>
let fronts: CentreProcess[] = []

t.before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'probant-fronts-'))
  const db = await testDatabase({ name: 'centre', roles: ['centre_service'] })
  database = createPool({ ...db.superuser, max: 4 })
  await relay.listen()
  // each takes ports that are free
  const ports = { http: 0, administration: 0, ssh: 0, mail: relay.port }
  settings = await writeSettings(folder, db, ports)
  t.teardown(async () => {
    for (const front of fronts) await front.end('SIGTERM')
    await relay.close()
    await database.close()
    await db.drop()
    await rm(folder, { recursive: true, force: true })
  })
  identity = await initialiseCentre(settings, '--contact', 'duty@client.example')
})

function front(at: number): CentreProcess {
  const found = fronts[at]
  if (found === undefined) throw new Error('no such front end')
  return found
}

async function count(sql: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${sql}`,
  )
  return rows[0]?.count ?? 0
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 1500; waited++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`not ${what}`)
}

/** Holds a lock until so many statements of front ends wait for it. */
async function hold(lock: string, waiting: number, meanwhile: () => unknown): Promise<void> {
  await database.transaction(async (client) => {
    await client.query(lock)
    await until('waiting', async () => (await waitingForLocks()) >= waiting)
    await meanwhile()
  })
}

const waitingForLocks = () =>
  count(`pg_stat_activity WHERE datname = current_database()
    AND application_name = 'supervisor' AND wait_event_type = 'Lock'`)

async function enrol(boxId: string): Promise<TestBox> {
  const box = new TestBox(boxId)
  const answer = await fetch(`http://127.0.0.1:${front(0).ports.http}/api/v1/enrolments`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${identity.supervisionToken}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(enrolmentOf(box, key, { everySeconds: null })),
  })
  if (answer.status !== 201) throw new Error(await answer.text())
  return box
}

async function connect(at: number, box: TestBox): Promise<TestAgent> {
  const agent = await TestAgent.connect(front(at).ports.ssh, box.boxId, key)
  agent.client.on('error', () => undefined)
  agent.patienceMs = 30_000
  await agent.hello(box, { boxTimeMs: Date.now() })
  return agent
}

void t.test('they start together', async (t) => {
  fronts = await Promise.all([CentreProcess.start(settings), CentreProcess.start(settings)])
  t.equal(await count('centre.absences'), 0)
})

void t.test('one is killed in mid-intake: agents go on with the other', async (t) => {
  const boxes = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => enrol(name)))
  for (const box of boxes) box.acts(39)
  /** Ten traces a segment, so that there is a middle. @returns whether it came to its end */
  const ship = async (at: number, box: TestBox): Promise<boolean> => {
    const agent = await connect(at, box)
    for (const { start, end } of agent.welcome?.challenge.segments ?? [])
      await agent.segment('challenge', box.segment(start, end))
    for (let start = agent.welcome?.audited?.size ?? 0; start < box.size; start += 10) {
      const answer = await agent.segment('shipment', box.segment(start, start + 10))
      t.equal(answer.status, 200, JSON.stringify(answer))
    }
    t.equal((await agent.head(box, { oldSize: box.size })).status, 200)
    await agent.bye()
    return true
  }
  const begun = boxes.map((box) => ship(0, box).catch(() => false))
  await until('in the middle', async () => (await count('centre.segments')) >= 5)
  // bytes durable, receipts signed, rows about to be inserted
  await hold('LOCK TABLE centre.segments IN SHARE MODE', 3, () => front(0).end('SIGKILL'))
  const ended = await Promise.all(begun)
  t.ok(ended.includes(false), 'some were cut')
  const left = boxes.filter((_, at) => ended[at] === false)
  t.same(
    await Promise.all(left.map((box) => ship(1, box))),
    left.map(() => true),
  )
  const { rows } = await database.query<{ box_id: string; spans: string }>(
    `SELECT box_id, string_agg(start_seq || '-' || end_seq, ' ' ORDER BY start_seq) AS spans
     FROM centre.segments GROUP BY box_id ORDER BY box_id`,
  )
  const spans = '0-10 10-20 20-30 30-40'
  t.same(
    rows.map((row) => row.spans),
    boxes.map(() => spans),
    'nothing is lost, nothing there twice',
  )
  t.equal(await count('centre.origins WHERE audited_size = 40 AND witnessed_size = 40'), 6)
  t.equal(await count('centre.findings'), 0, 'and nobody is accused')
  fronts = [await CentreProcess.start(settings), front(1)]
  t.equal(await count('centre.absences'), 0, 'somebody watched all the time')
})

void t.test('a session on one ends when the box dials the other', async (t) => {
  const box = await enrol('moved')
  box.acts(9)
  const stale = await connect(0, box)
  const agent = await connect(1, box)
  t.equal((await agent.segment('shipment', box.segment(0))).status, 200)
  await t.rejects(stale.segment('shipment', box.segment(0)), /newer session/)
  await agent.bye()
  t.equal(await count("centre.segments WHERE box_id = 'moved'"), 1)
})

void t.test('what is due is judged once, told once, journalled once', async (t) => {
  const boxes = await Promise.all(Array.from({ length: 12 }, (_, at) => enrol(`due-${at}`)))
  await database.query(`UPDATE centre.schedules SET window_opens_at = now() - interval '9 hours',
    due_at = now() - interval '1 second' WHERE box_id LIKE 'due-%'`)
  const due = "box_id LIKE 'due-%'"
  await until('judged', async () => (await count(`centre.deadlines WHERE ${due}`)) >= 12)
  const altered = boxes[0] ?? (await enrol('altered'))
  altered.acts(9)
  altered.checkpoint()
  altered.flip(4)
  // the same contradiction through both at once
  await Promise.all(
    [0, 1].map(async (at) => {
      const agent = await connect(at, altered).catch(() => undefined)
      await agent?.segment('shipment', altered.segment(0)).catch(() => undefined)
    }),
  )
  t.equal(await count(`centre.deadlines WHERE ${due}`), 12)
  t.equal(await count(`centre.findings WHERE kind = 'missing-shipment' AND ${due}`), 12)
  t.equal(await count(`centre.findings WHERE kind = 'altered-trace' AND ${due}`), 1)
  await until(
    'sent',
    async () => (await count("centre.notifications WHERE state <> 'delivered'")) === 0,
  )
  const sent = relay.received.map(({ text }) => /^Message-ID: (.*)$/im.exec(text)?.[1])
  t.equal(new Set(sent).size, sent.length, 'no message twice')
  t.equal(sent.length, await count('centre.notifications'))
})

void t.test('the alert journal: one chain, sealed once, signed', async (t) => {
  await database.query(
    `UPDATE centre.alert_journals SET unsealed_since = now() - interval '1 hour'`,
  )
  const seals = async () => {
    const { rows } = await database.query<{ bytes: Buffer }>(
      'SELECT bytes FROM centre.alert_traces ORDER BY seq',
    )
    return rows.filter(({ bytes }) => parseTrace(new Uint8Array(bytes)).act === 'seal').length
  }
  const before = await seals()
  // both have seen that it needs a seal, and wait for the journal
  await hold('SELECT FROM centre.alert_journals FOR UPDATE', 2, () => undefined)
  await until('sealed', async () => (await seals()) > before)
  await until('idle', async () => (await waitingForLocks()) === 0)
  t.equal(await seals(), before + 1)

  const vkey = parseVkey(identity.alertJournalKey, nodeCrypto)
  const { rows } = await database.query<{ bytes: Buffer }>(
    'SELECT bytes FROM centre.alert_traces ORDER BY seq',
  )
  const verifier = new JournalVerifier(nodeCrypto, emptyJournalState(nodeCrypto, vkey.name))
  const findings = rows.flatMap(({ bytes }) => verifier.append(new Uint8Array(bytes)))
  t.same([...findings, ...verifier.finish()], [])
  await until('signed', async () => {
    const signed = `centre.alert_checkpoints WHERE size = (SELECT size FROM centre.alert_journals)`
    return (await count(signed)) === 1
  })
  for (const each of fronts) t.equal(each.child.exitCode, null, 'both run on')
})
