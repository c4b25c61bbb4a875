import { formatTime } from '@probant/host'
import type { Test } from 'tap'
import { seeded } from '../kill/plan.ts'
import { TestAgent } from '../support/agent.ts'
import { TestBox } from '../support/box.ts'
import { TestCentre, type Followed } from '../support/centre.ts'
import { yearOf, type Event } from './plan.ts'

const HOUR_MS = 3_600_000
const ZONES = [
  'Europe/Paris',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
]
const DAYS = 365

export interface Report {
  windows: number
  faults: number
  /** What the oracle knows nothing of, and what it waited for in vain. */
  wrong: string[]
}

interface Window {
  box: string
  opensAtMs: number
  dueAtMs: number
}

/** A box, what befalls it, and what must be said of it: kind and instant. */
interface Member {
  readonly followed: Followed
  readonly events: ReadonlyMap<number, Event>
  readonly expected: string[]
  window: number
  missed: boolean
}

/**
 * A year of a fleet with a driven clock, real PostgreSQL and real SSH: windows of `everyDays` days, faults and honest events that
 * a seed draws. The oracle says what must be found, on which box and at which instant, and that nothing else is.
 */
export async function liveAYear(
  t: Test,
  seed: number,
  boxes: number,
  everyDays: number,
): Promise<Report> {
  const centre = await TestCentre.start(t, Date.UTC(2027, 0, 4, 12))
  return new Year(centre, seed).live(boxes, everyDays)
}

class Year {
  readonly #centre: TestCentre
  readonly #seed: number
  readonly #random: () => number
  readonly #members = new Map<string, Member>()
  readonly #away: { fromMs: number; toMs: number }[] = []
  #faults = 0

  constructor(centre: TestCentre, seed: number) {
    this.#centre = centre
    this.#seed = seed
    this.#random = seeded(seed)
  }

  async live(boxes: number, everyDays: number): Promise<Report> {
    const years = yearOf(this.#seed, boxes, Math.floor(DAYS / everyDays))
    for (const [at, events] of years.entries()) {
      const timeZone = ZONES[at % ZONES.length] ?? 'UTC'
      const name = `box-${at}`
      const followed = await this.#centre.follow(name, { everySeconds: null, timeZone, everyDays })
      this.#members.set(name, { followed, events, expected: [], window: 0, missed: false })
    }
    const endsAtMs = this.#centre.clock.nowMs() + DAYS * 24 * HOUR_MS
    let windows = 0
    for (;;) {
      const window = await this.#next()
      if (window.dueAtMs > endsAtMs) break
      const member = this.#members.get(window.box)
      if (member === undefined) throw new Error(`nobody is ${window.box}`)
      await this.#pass(window, member)
      member.window += 1
      windows += 1
    }
    return { windows, faults: this.#faults, wrong: await this.#compare() }
  }

  /** The window that ends next. */
  async #next(): Promise<Window> {
    const { rows } = await this.#centre.database.query<{ box_id: string; opens: Date; due: Date }>(
      'SELECT box_id, window_opens_at AS opens, due_at AS due FROM centre.schedules ORDER BY due_at, box_id LIMIT 1',
    )
    const [row] = rows
    if (row === undefined) throw new Error('no schedules')
    return { box: row.box_id, opensAtMs: row.opens.getTime(), dueAtMs: row.due.getTime() }
  }

  /** One window of one box, in its last hours: others of the fleet may be due between. */
  async #pass({ opensAtMs, dueAtMs }: Window, member: Member): Promise<void> {
    const event = member.events.get(member.window)
    const graceFromMs = dueAtMs - HOUR_MS
    const nowMs = this.#centre.clock.nowMs()
    const fromMs = Math.max(nowMs + 1000, opensAtMs + 60_000, graceFromMs - 3 * HOUR_MS)
    const atMs =
      event === 'in-grace' ? graceFromMs + 600_000 : fromMs + Math.floor(this.#random() * 60_000)
    if (atMs > nowMs && atMs < dueAtMs) await this.#centre.until(atMs)
    await this.#befall(event, member, dueAtMs)
    await this.#centre.until(dueAtMs)
    if (event !== 'late') return
    await this.#centre.until(dueAtMs + 60_000)
    await this.#ship(member)
  }

  async #befall(event: Event | undefined, member: Member, dueAtMs: number): Promise<void> {
    const { followed } = member
    const { boxId } = followed.box
    switch (event) {
      case 'silent':
      case 'late':
        this.#expect(member, 'missing-shipment', dueAtMs)
        member.missed = true
        return
      case 'maintained': {
        const startsAt = formatTime(this.#centre.clock.nowMs())
        const body = { box: boxId, startsAt, endsAt: formatTime(dueAtMs - 60_000), reason: 'works' }
        const { status } = await this.#centre.api('POST', '/maintenance-windows', body)
        if (status !== 201) throw new Error('maintenance was not taken')
        return
      }
      case 'centre-away': {
        const fromMs = this.#centre.clock.nowMs()
        await this.#centre.restart(dueAtMs - 60_000 - fromMs)
        this.#away.push({ fromMs, toMs: this.#centre.clock.nowMs() })
        return
      }
      case 'centre-restarted':
        await this.#centre.restart(20_000)
        break
      case 'cut':
        ;(await this.#centre.connect(followed)).cut()
        break
      case 'twice':
        await this.#ship(member)
        break
      case undefined:
      case 'in-grace':
        break
      default:
        await this.#fault(event, member)
    }
    await this.#ship(member)
  }

  /** Somebody has the machine, or a copy of it, for a moment; then the box goes on as it was. */
  async #fault(event: Event, member: Member): Promise<void> {
    const { followed } = member
    const { box } = followed
    const nowMs = this.#centre.clock.nowMs()
    const expect = (kind: string) => this.#expect(member, kind, nowMs)
    box.acts(4)
    if (event === 'failed-check') {
      box.act({ act: 'fsck', outcome: 'failed', data: { firstBadSeq: box.size - 2 } })
      expect('integrity-failure-on-box')
      return
    }
    box.checkpoint()
    await this.#centre.head(followed)
    const other = event === 'wrong-box' || event === 'restored'
    const copy = other
      ? new TestBox(box.boxId, event === 'restored' ? `${box.boxId}/2` : `another-${box.boxId}/1`)
      : box.copy()
    const theirs = { ...followed, box: copy }
    if (other) {
      expect(event === 'restored' ? 'undeclared-restore' : 'wrong-box')
      await this.#centre.connect(theirs).then(
        () => Promise.reject(new Error('was let in')),
        () => undefined,
      )
      return
    }
    if (event === 'skewed') {
      expect('clock-skew')
      const agent = await this.#agent(theirs, box.size, nowMs + 2 * HOUR_MS)
      await agent.bye()
      return
    }
    if (event === 'truncated' || event === 'rolled-back') {
      copy.rewind(box.size - 2)
      expect(event === 'truncated' ? 'truncated' : 'rollback')
      await this.#centre.head(theirs, event === 'truncated' ? box.size : copy.size)
      return
    }
    const agent = await this.#agent(theirs, box.size, nowMs)
    const audited = agent.welcome?.audited?.size ?? 0
    if (event === 'forked') {
      copy.rewind(box.size - 2)
      copy.acts(2, { act: 'read' })
      expect('fork')
      await agent.head(copy)
    } else if (event === 'wrong-key') {
      copy.swapKey()
      expect('wrong-key')
      await agent.head(copy)
    } else if (event === 'garbage') {
      expect('broken-chain')
      await agent.segment('shipment', new TextEncoder().encode('PBNTSEG2'))
    } else {
      copy.flip(box.size - (event === 'altered' ? 1 : 2))
      expect('altered-trace')
      await agent.segment('shipment', copy.segment(audited))
    }
    agent.cut()
  }

  async #agent(followed: Followed, databaseSize: number, boxTimeMs: number) {
    const { boxId } = followed.box
    const agent = await TestAgent.connect(this.#centre.centre.ports.ssh, boxId, followed.key)
    await agent.hello(followed.box, { boxTimeMs, databaseSize })
    return agent
  }

  async #ship(member: Member): Promise<void> {
    member.followed.box.acts(1)
    await this.#centre.ship(member.followed)
    if (member.missed) this.#expect(member, 'late-shipment', this.#centre.clock.nowMs())
    member.missed = false
  }

  #expect(member: Member, kind: string, atMs: number): void {
    this.#faults += 1
    member.expected.push(`${kind} at ${formatTime(atMs)}`)
  }

  async #compare(): Promise<string[]> {
    const wrong: string[] = []
    for (const [boxId, { expected }] of this.#members) {
      const { rows } = await this.#centre.database.query<{
        kind: string
        at: Date
        alerts: number
      }>(
        `SELECT f.kind, f.raised_at AS at, (
           SELECT count(*)::int FROM (SELECT finding_id FROM centre.alert_findings a WHERE a.finding_id = f.finding_id
             UNION ALL SELECT finding_id FROM centre.fleet_alert_findings a WHERE a.finding_id = f.finding_id) told) AS alerts
         FROM centre.findings f WHERE f.box_id = $1`,
        [boxId],
      )
      const found = rows.map(({ kind, at }) => `${kind} at ${formatTime(at.getTime())}`)
      for (const one of expected) {
        const at = found.indexOf(one)
        if (at < 0) wrong.push(`${boxId}: not found: ${one}`)
        else found.splice(at, 1)
      }
      wrong.push(...found.map((one) => `${boxId}: found without a fault: ${one}`))
      if (rows.some(({ alerts }) => alerts !== 1))
        wrong.push(`${boxId}: a finding is not in one alert`)
    }
    const blind = await this.#centre.database.query(
      `SELECT FROM centre.findings WHERE box_id = 'centre'`,
    )
    const away = this.#away.filter(({ fromMs, toMs }) => toMs - fromMs > 600_000)
    if (blind.rowCount !== away.length)
      wrong.push(`${blind.rowCount ?? 0} of ${away.length} absences of the centre were told`)
    return wrong
  }
}
