import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, ManualClock, systemRandomness } from '@probant/host'
import { createPool, type Connection, type Database } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import type { Test } from 'tap'
import { startCentre, type Centre } from '../../src/centre.ts'
import { initialise, type Initialised } from '../../src/initialise.ts'
import { issueToken } from '../../src/access/credentials.ts'
import { installContact } from '../../src/alerts/verification.ts'
import { insertOperator } from '../../src/store/operators.ts'
import { DEFAULT_TENANT } from '../../src/store/rows.ts'
import type { Settings } from '../../src/settings.ts'
import { newAgentKey, TestAgent, type AgentKey } from './agent.ts'
import { TestBox } from './box.ts'
import { TestRelay } from './mail.ts'
import {
  AlertShape,
  EntryShape,
  FindingShape,
  PageOf,
  read,
  type ShownAlert,
  type ShownEntry,
  type ShownFinding,
} from './shapes.ts'

const logger = createLogger({
  component: 'supervisor',
  level: process.env['PROBANT_TEST_LOG'] === undefined ? 'silent' : 'debug',
})

/** Saturday noon in Paris, 2026. */
export const NOON_MS = Date.UTC(2026, 10, 21, 11)

/** After the certificates that tests have made just now began to be valid. */
export const LATER_MS = Date.UTC(2030, 10, 21, 11)

export interface ScheduleOptions {
  everySeconds?: number | null
  start?: string
  end?: string
  timeZone?: string
  everyDays?: number
  graceMinutes?: number
}

/** A box that a test centre follows, with its agent's key. */
export interface Followed {
  box: TestBox
  key: AgentKey
}

/** A whole centre of a test: its own database, home, mail relay and clock. */
export class TestCentre {
  readonly settings: Settings
  readonly initialised: Initialised
  readonly clock: ManualClock
  readonly relay: TestRelay
  readonly halted: unknown[] = []
  /** As a superuser, to look and to tamper. */
  readonly database: Database
  readonly superuser: Connection
  centre: Centre

  constructor(parts: {
    settings: Settings
    initialised: Initialised
    clock: ManualClock
    relay: TestRelay
    database: Database
    superuser: Connection
    centre: Centre
  }) {
    this.settings = parts.settings
    this.initialised = parts.initialised
    this.clock = parts.clock
    this.relay = parts.relay
    this.database = parts.database
    this.superuser = parts.superuser
    this.centre = parts.centre
  }

  static async start(
    t: Test,
    nowMs = NOON_MS,
    attestation?: { makers: Buffer[]; referenceKeys?: string[] },
    centreName = 'centre.test',
  ): Promise<TestCentre> {
    const db = await testDatabase({
      name: 'centre',
      migrations: join(import.meta.dirname, '../../migrations'),
      roles: ['centre_service'],
    })
    const home = await mkdtemp(join(tmpdir(), 'probant-centre-'))
    const relay = new TestRelay()
    await relay.listen()
    t.teardown(async () => {
      await relay.close()
      await db.drop()
      await rm(home, { recursive: true, force: true })
    })
    const settings = settingsOf(home, db.connection, db.as('centre_service'), relay.port)
    settings.centreName = centreName
    if (attestation !== undefined)
      settings.attestation = await attestationSettings(home, attestation)
    const clock = new ManualClock({ nowMs })
    const world = { clock, randomness: systemRandomness, logger }
    const initialised = await initialise(settings, world, 'a password of a test')
    const database = createPool({ ...db.superuser, max: 2 })
    const halted: unknown[] = []
    const centre = await startCentre(settings, world, (error) => halted.push(error))
    const { superuser } = db
    const all = new TestCentre({ settings, initialised, clock, relay, database, superuser, centre })
    // what is registered last is undone first
    t.teardown(async () => {
      await all.centre.stop().catch(() => undefined)
      await database.close()
    })
    return all
  }

  /** Stops the centre and starts another on the same data, later. @param meanwhile may change the settings' database */
  async restart(awayMs = 0, meanwhile = () => Promise.resolve()): Promise<void> {
    await this.centre.stop()
    await meanwhile()
    this.clock.advance(awayMs)
    const world = { clock: this.clock, randomness: systemRandomness, logger }
    this.centre = await startCentre(this.settings, world, (error) => this.halted.push(error))
  }

  async api(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {
      authorization: `Bearer ${this.initialised.supervisionToken}`,
    },
  ): Promise<{ status: number; body: unknown; headers: Headers }> {
    const response = await fetch(`http://127.0.0.1:${this.centre.ports.http}/api/v1${path}`, {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const parsed: unknown = text === '' ? undefined : JSON.parse(text)
    return { status: response.status, body: parsed, headers: response.headers }
  }

  /** The token of another operator. */
  async secondOperator(): Promise<string> {
    const { context } = this.centre
    const operator = {
      tenantId: DEFAULT_TENANT,
      operatorId: context.randomness.uuid(),
      userName: 'second',
    }
    return context.database.transaction(async (client) => {
      await insertOperator(client, { ...operator, passwordHash: '-' }, this.clock.nowMs())
      return (await issueToken(client, context, operator, 'bearer')).secret
    })
  }

  /** Adds a contact that is told at once, as an installation does. */
  async tell(address: string, boxIds: string[] | null = null): Promise<void> {
    const { context } = this.centre
    await context.database.transaction((client) =>
      installContact(client, context, DEFAULT_TENANT, address, boxIds),
    )
    context.wake()
  }

  async follow(boxId: string, schedule: ScheduleOptions = {}): Promise<Followed> {
    const box = new TestBox(boxId)
    const key = newAgentKey()
    const { status, body } = await this.api('POST', '/enrolments', enrolmentOf(box, key, schedule))
    if (status !== 201) throw new Error(JSON.stringify(body))
    return { box, key }
  }

  async connect({ box, key }: Followed, databaseSize = box.size): Promise<TestAgent> {
    const agent = await TestAgent.connect(this.centre.ports.ssh, box.boxId, key)
    await agent.hello(box, { boxTimeMs: this.clock.nowMs(), databaseSize })
    return agent
  }

  /** A head, and the end of the session. */
  async head(followed: Followed, databaseSize = followed.box.size) {
    const agent = await this.connect(followed, databaseSize)
    const answer = await agent.head(followed.box)
    await agent.bye()
    return answer
  }

  /** Asks this centre as a witness of another's box (C2SP tlog-witness); the whole answer. */
  async addCheckpoint(body: string): Promise<{ status: number; type: string; text: string }> {
    const url = `http://127.0.0.1:${this.centre.ports.witness ?? 0}/add-checkpoint`
    const answer = await fetch(url, { method: 'POST', body })
    const type = answer.headers.get('content-type') ?? ''
    return { status: answer.status, type, text: await answer.text() }
  }

  /** A whole night's shipment. */
  async ship(followed: Followed) {
    const agent = await this.connect(followed)
    const answers = await agent.ship(followed.box)
    await agent.bye()
    return answers
  }

  /** Time passes as it does for a running centre: a round of its watch every minute. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 60_000) {
      this.clock.advance(Math.min(left, 60_000))
      await this.centre.watch()
    }
  }

  /**
   * As {@link pass}, for stretches in which nothing falls due: the rounds that would have found nothing are left out. The wall
   * clock alone moves, so that no loop wakes between what is said of the time before and the round itself.
   */
  async until(atMs: number): Promise<void> {
    await this.centre.watch()
    const alive = new Date(atMs - 10_000).toISOString()
    await this.database.query('UPDATE centre.presence SET alive_at = $1', [alive])
    this.clock.set(atMs)
    await this.centre.watch()
  }

  async findings(boxId: string): Promise<ShownFinding[]> {
    const { body } = await this.api('GET', `/boxes/${boxId}/findings`)
    return read(PageOf(FindingShape), body).items
  }

  async alerts(): Promise<ShownAlert[]> {
    const { body } = await this.api('GET', '/alerts')
    return read(PageOf(AlertShape), body).items
  }

  /** Entries of the alert journal, oldest first. */
  async entries(): Promise<ShownEntry[]> {
    const { body } = await this.api('GET', '/alert-journal?limit=200')
    return read(PageOf(EntryShape), body).items.reverse()
  }

  /** Entries of one act, once so many are under a signed checkpoint: that is behind the change itself. */
  async entriesOf(act: string, count = 1): Promise<ShownEntry[]> {
    for (let waited = 0; waited < 500; waited++) {
      const found = (await this.entries()).filter((entry) => entry.act === act)
      if (found.length >= count) return found
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`fewer than ${count} entries ${act}`)
  }

  async kinds(boxId: string): Promise<string[]> {
    return (await this.findings(boxId)).map(({ kind }) => kind).reverse()
  }

  /** Waits for the outbox to be emptied of what is due now. */
  async mails(count: number): Promise<void> {
    for (let waited = 0; waited < 500; waited++) {
      const { rows } = await this.database.query<{ count: number }>(
        "SELECT count(*)::int AS count FROM centre.notifications WHERE state = 'delivered'",
      )
      if (this.relay.received.length >= count && (rows[0]?.count ?? 0) >= count) return
      this.centre.context.wake()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`${this.relay.received.length} mails where ${count} must be`)
  }
}

export function enrolmentOf(box: TestBox, key: AgentKey, schedule: ScheduleOptions = {}) {
  const {
    everySeconds = 60,
    start = '22:00',
    end = '05:00',
    timeZone = 'Europe/Paris',
    everyDays = 1,
    graceMinutes = 60,
  } = schedule
  return {
    boxId: box.boxId,
    name: `Box ${box.boxId}`,
    origin: box.origin,
    journalKey: box.vkey,
    agentKey: key.blob,
    schedule: {
      heads: everySeconds === null ? null : { everySeconds },
      window: { start, end, everyDays },
      timeZone,
      graceMinutes,
    },
  }
}

/** Pins the makers of the boxes' TPMs. */
async function attestationSettings(
  home: string,
  { makers, referenceKeys = [] }: { makers: Buffer[]; referenceKeys?: string[] },
): Promise<NonNullable<Settings['attestation']>> {
  const manufacturerRoots = join(home, 'makers')
  await mkdir(manufacturerRoots)
  for (const [at, maker] of makers.entries())
    await writeFile(join(manufacturerRoots, `${at}.pem`), maker)
  return { manufacturerRoots, referenceKeys }
}

function settingsOf(
  home: string,
  owner: Connection,
  service: Connection,
  mailPort: number,
): Settings {
  return {
    centreName: 'centre.test',
    home,
    database: {
      socketFolder: owner.socketFolder,
      port: owner.port,
      database: owner.database,
      owner: { user: owner.user, password: owner.password },
      service: { user: service.user, password: service.password },
    },
    listen: { host: '127.0.0.1', port: 0 },
    administration: { host: '127.0.0.1', port: 0 },
    ssh: { host: '127.0.0.1', port: 0 },
    witness: { host: '127.0.0.1', port: 0 },
    keys: { provider: 'software', folder: join(home, 'keys') },
    mail: { host: '127.0.0.1', port: mailPort, from: 'probant@centre.test', secure: false },
    publicUrl: 'http://centre.test',
    // whoever tests those says so
    alerts: { testEveryDays: null, allClearEveryDays: null },
  }
}
