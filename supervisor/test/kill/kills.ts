import { setTimeout as delay } from 'node:timers/promises'
import { newAgentKey, TestAgent } from '../support/agent.ts'
import { TestBox } from '../support/box.ts'
import { enrolmentOf } from '../support/centre.ts'
import { TestRelay } from '../support/mail.ts'
import { CentreProcess, initialiseCentre } from '../support/process.ts'
import { differences, type Acknowledged } from './inspection.ts'
import { CentreWithServer } from './own-server.ts'
import { planned, type Kill, type Work } from './plan.ts'

export interface Report {
  kills: number
  /** How often the centre was killed exactly where it was to be. */
  held: number
  acknowledged: number
  wrong: string[]
}

/** How long a step may take to come to where it is killed. */
const PATIENCE_MS = 40_000

/**
 * A real centre, a real agent that ships to it, and kills between its steps. Afterwards nothing is lost and nothing is there twice.
 * @param tell called after each kill
 */
export async function surviveKills(
  kills: number,
  seed: number,
  tell: (line: { kill: Kill; held: boolean }) => void,
): Promise<Report> {
  const relay = new TestRelay()
  await relay.listen()
  const own = await CentreWithServer.make(relay.port)
  try {
    const { supervisionToken } = await initialiseCentre(
      own.settings,
      '--contact',
      'duty@client.example',
    )
    const rounds = new Rounds(own, relay, supervisionToken)
    await rounds.enrol()
    let held = 0
    for (const kill of planned(kills, seed)) {
      const isHeld = await rounds.run(kill)
      held += isHeld ? 1 : 0
      tell({ kill, held: isHeld })
    }
    await rounds.settle()
    const wrong = await differences(own, relay, rounds.acknowledged)
    return { kills, held, acknowledged: rounds.acknowledged.receipts.length, wrong }
  } finally {
    await relay.close()
    await own.remove()
  }
}

class Rounds {
  readonly acknowledged: Acknowledged = { receipts: [], heads: [], refused: [], deadlines: 0 }
  readonly #own: CentreWithServer
  readonly #relay: TestRelay
  readonly #token: string
  readonly #box = new TestBox('box-1')
  readonly #quiet = new TestBox('quiet')
  readonly #key = newAgentKey()

  constructor(own: CentreWithServer, relay: TestRelay, token: string) {
    this.#own = own
    this.#relay = relay
    this.#token = token
  }

  async enrol(): Promise<void> {
    const centre = await CentreProcess.start(this.#own.settings)
    for (const box of [this.#box, this.#quiet]) {
      const everySeconds = box === this.#quiet ? null : 86_400
      const answer = await fetch(`http://127.0.0.1:${centre.ports.http}/api/v1/enrolments`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        body: JSON.stringify(enrolmentOf(box, this.#key, { everySeconds })),
      })
      if (answer.status !== 201) throw new Error(await answer.text())
    }
    await centre.end('SIGKILL')
  }

  /** Starts the centre, begins some work, kills it there. @returns whether it came exactly there */
  async run(kill: Kill): Promise<boolean> {
    const centre = await CentreProcess.start(this.#own.settings)
    if (kill.at === 'table') return this.#killAtTable(centre, kill.table, kill.work)
    const working = this.#work(centre, kill.work)
    if (kill.at === 'mail') {
      this.#relay.delayMs = 60_000
      const arrived = new Promise<boolean>(
        (resolve) => (this.#relay.onArrival = () => resolve(true)),
      )
      const held = await Promise.race([arrived, delay(PATIENCE_MS, false)])
      await centre.end('SIGKILL')
      this.#relay.delayMs = 0
      await working
      return held
    }
    await delay(kill.delayMs)
    if (kill.at === 'database') await this.#own.killServer()
    // whether it ended by itself or waits for its database, it is started again
    await centre.end('SIGKILL')
    await working
    return true
  }

  async #killAtTable(centre: CentreProcess, table: string, work: Work): Promise<boolean> {
    let working = Promise.resolve()
    const held = await this.#own.database.transaction(async (client) => {
      await client.query(`LOCK TABLE centre.${table} IN SHARE MODE`)
      working = this.#work(centre, work)
      const until = performance.now() + PATIENCE_MS
      let waits = false
      while (!waits && performance.now() < until) {
        await delay(10)
        waits = (await this.#own.count(`${CONNECTIONS} AND wait_event_type = 'Lock'`)) > 0
      }
      await centre.end('SIGKILL')
      return waits
    })
    await working
    await this.#gone()
    return held
  }

  /** Until the server knows that the centre is dead. */
  async #gone(): Promise<void> {
    while ((await this.#own.count(CONNECTIONS)) > 0) await delay(20)
  }

  /** What is acknowledged is noted; that the centre dies over it is what it is for. */
  async #work(centre: CentreProcess, work: Work): Promise<void> {
    try {
      if (work === 'intake') await this.#ship(centre)
      else if (work === 'finding') await this.#tamper(centre)
      else await this.#miss()
    } catch {
      // died meanwhile
    }
  }

  async #connect(centre: CentreProcess, box: TestBox): Promise<TestAgent> {
    const agent = await TestAgent.connect(centre.ports.ssh, box.boxId, this.#key)
    agent.client.on('error', () => undefined)
    await agent.hello(box, { boxTimeMs: Date.now() })
    return agent
  }

  async #ship(centre: CentreProcess): Promise<void> {
    this.#box.acts(5)
    const agent = await this.#connect(centre, this.#box)
    const head = await agent.head(this.#box)
    if (head.status === 200) this.acknowledged.heads.push(this.#box.size)
    for (const { receipt } of await agent.ship(this.#box))
      if (receipt !== undefined) this.acknowledged.receipts.push(receipt)
    await agent.bye()
  }

  /** Another trace each time, so that each is a finding of its own. */
  async #tamper(centre: CentreProcess): Promise<void> {
    this.#box.acts(2)
    this.#box.checkpoint()
    const altered = this.#box.copy()
    const seq = altered.size - 1
    altered.flip(seq)
    const agent = await this.#connect(centre, this.#box)
    const from = agent.welcome?.audited?.size ?? 0
    const answer = await agent.segment('shipment', altered.segment(from))
    if (answer.status === 422) this.acknowledged.refused.push(seq)
    // the message about it is on its way: who kills at a step of that waits for it
    await agent.bye()
  }

  /** A window of the box that never ships ends now. */
  async #miss(): Promise<void> {
    this.acknowledged.deadlines += 1
    await this.#own.database.query(
      `UPDATE centre.schedules SET window_opens_at = now() - interval '1 second', due_at = date_trunc('milliseconds', now())
       WHERE box_id = 'quiet'`,
    )
  }

  /** All is done that was left: the last shipment, every message. Leases of the dead end before their time. */
  async settle(): Promise<void> {
    const centre = await CentreProcess.start(this.#own.settings)
    await this.#ship(centre)
    for (let waited = 0; waited < 600; waited++) {
      await this.#own.database.query(
        `UPDATE centre.notifications SET leased_until = now() - interval '1 second', next_attempt_at = now()
         WHERE state = 'pending' AND (leased_until IS NULL OR leased_until > now() + interval '60 seconds')`,
      )
      const pending = await this.#own.count(`centre.notifications WHERE state = 'pending'`)
      const unsigned = await this.#own.count(
        `centre.alert_journals j WHERE size > (SELECT max(size) FROM centre.alert_checkpoints)`,
      )
      const due = await this.#own.count('centre.schedules WHERE due_at <= now()')
      if (pending + unsigned + due === 0) break
      await delay(100)
    }
    await centre.end('SIGTERM')
  }
}

/** The centre's own connections. */
const CONNECTIONS =
  "pg_stat_activity WHERE datname = current_database() AND application_name = 'supervisor'"
