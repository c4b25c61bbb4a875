import { join } from 'node:path'
import type { EvidenceCrypto } from '@probant/evidence'
import {
  createMetrics,
  type Clock,
  type Logger,
  type Metrics,
  type Randomness,
} from '@probant/host'
import type { Database } from '@probant/postgres'
import { Appliance } from './appliance/appliance.ts'
import type { Platform } from './attestation/platform.ts'
import type { LogComparison } from './centre-log/comparison.ts'
import type { AcceptedRestore } from './centre/accepted-restore.ts'
import { AgentError, codeOf, messageOf } from './errors.ts'
import { createFigures, type Figures, type FigureSource } from './figures.ts'
import { LocalFindings } from './findings/findings.ts'
import { Round } from './heads/round.ts'
import { Memory } from './memory/memory.ts'
import { repeat } from './schedule/repeat.ts'
import { ShippingSchedule } from './schedule/shipping-schedule.ts'
import type { AgentSettings } from './settings.ts'
import type { ShipmentOutcome } from './shipment/shipment.ts'
import type { ProviderKeyAgent } from './ssh/signing-key.ts'
import { runOf, statusOf, type AgentStatus, type LastRun } from './status.ts'
import { JournalReader } from './store/journal.ts'
import { Supervised } from './supervised.ts'
import { noteSilence } from './telling/silence.ts'
import { tellClient } from './telling/telling.ts'
import { Witnesses } from './witnesses/witnesses.ts'

export interface AgentParts {
  settings: AgentSettings
  /** Not needed on a box without a centre. */
  key: ProviderKeyAgent | undefined
  database: Database
  /** The TPM that vouches for the machine; absent where the settings name none. */
  platform?: Platform | undefined
  crypto: EvidenceCrypto
  clock: Clock
  randomness: Randomness
  logger: Logger
  /** Aborted when the service stops: loops end, a session under way is cut. */
  stopping: AbortSignal
}

const TELL_EVERY_MS = 60_000
/** How often it is asked whether something was destroyed. */
const LOOK_FOR_DESTRUCTIONS_MS = 5000
/** After a shipment for that, so that many destructions in a row go together; longer each time that brings no receipt. */
const BETWEEN_DESTRUCTIONS_MS = 60_000
const LONGEST_BETWEEN_MS = 15 * BETWEEN_DESTRUCTIONS_MS

/** The agent of one box: what it does by itself, and what can be asked of it. */
export class Agent {
  readonly registry: Metrics = createMetrics({ component: 'agent' })
  readonly #parts: AgentParts
  readonly #journal: JournalReader
  readonly #memory: Memory
  readonly #findings: LocalFindings
  /** Absent where traces go by file only. */
  readonly #schedule: ShippingSchedule | undefined
  readonly #supervised: Supervised | undefined
  readonly #witnesses: Witnesses
  readonly #figures: Figures
  #lastHead: LastRun | undefined
  #lastShipment: LastRun | undefined

  private constructor(
    parts: AgentParts,
    memory: Memory,
    findings: LocalFindings,
    witnesses: Witnesses,
    supervised: Supervised | undefined,
  ) {
    this.#parts = parts
    this.#journal = new JournalReader(parts.database)
    this.#memory = memory
    this.#findings = findings
    this.#witnesses = witnesses
    this.#supervised = supervised
    const { window } = parts.settings
    if (window !== null) this.#schedule = new ShippingSchedule(window, parts.randomness)
    this.#figures = createFigures(this.registry, this.#figureSource())
  }

  /** @throws AgentError `unusable-file`, `unusable-key`; EvidenceError for a pinned key that is none */
  static async open(parts: AgentParts): Promise<Agent> {
    const { settings, key, database, clock, logger, stopping } = parts
    const memory = await Memory.open(settings.home, settings.origin, clock)
    const appliance = new Appliance(settings.applianceSocket, stopping)
    const folder = join(settings.home, 'findings')
    const findings = new LocalFindings(folder, clock, logger, (one) => appliance.giveFinding(one))
    await findings.load()
    const { centre } = settings
    const journal = new JournalReader(database)
    const round = new Round(journal, clock, settings.heads?.everySeconds ?? null)
    const shared = { ...parts, journal, round, memory, findings, appliance }
    const witnesses = new Witnesses(shared)
    if (centre === null) return new Agent(parts, memory, findings, witnesses, undefined)
    if (key === undefined) throw new AgentError('unusable-key', 'a box with a centre needs a key')
    const supervised = await Supervised.open({ ...shared, key, centre })
    return new Agent(parts, memory, findings, witnesses, supervised)
  }

  /** Sends heads and ships traces when they are due, until the service stops. Never rejects. */
  async run(): Promise<void> {
    await Promise.all([
      this.#witnesses.run(this.#figures),
      this.#runSupervised(),
      this.#runTelling(),
    ])
  }

  /** Nights without a receipt are noticed here, and the client's IT is told of all that was found. */
  async #runTelling(): Promise<void> {
    const { clock } = this.#parts
    let dueMs = 0
    await repeat({
      ...this.#parts,
      what: 'telling the client',
      dueMs: () => Math.min(dueMs, clock.nowMs() + TELL_EVERY_MS),
      work: async () => {
        await this.tell()
        dueMs = clock.nowMs() + TELL_EVERY_MS
      },
      firstRetryMs: TELL_EVERY_MS,
      longestRetryMs: 15 * TELL_EVERY_MS,
    })
  }

  /** One round of that. @throws Error when the mail relay doesn't take the message */
  async tell(): Promise<void> {
    const { mail, boxId } = this.#parts.settings
    if (this.#supervised !== undefined)
      await noteSilence(this.#findings, this.#memory.state, this.#nightsWithoutReceipt())
    if (mail !== undefined) await tellClient(mail, boxId, this.#findings)
  }

  async #runSupervised(): Promise<void> {
    const supervised = this.#supervised
    if (supervised === undefined) return
    const { clock, settings } = this.#parts
    const { heads } = supervised
    await Promise.all([
      this.#runDestructions(),
      repeat({
        ...this.#parts,
        what: 'head',
        // Asked each time: a wall clock that was set back moves the next instant.
        dueMs: () => (heads.isDue() ? clock.nowMs() : heads.dueMs),
        work: () => this.#sendHead(supervised),
        firstRetryMs: 1000,
        longestRetryMs: (settings.heads?.everySeconds ?? 0) * 1000,
      }),
      repeat({
        ...this.#parts,
        what: 'shipment',
        dueMs: () => this.#schedule?.dueMs(clock.nowMs(), this.#memory.state) ?? Infinity,
        work: () => this.ship(),
        firstRetryMs: 60_000,
        longestRetryMs: 15 * 60_000,
      }),
    ])
  }

  /** A destruction is shipped at once: from then on nobody restores an older state unseen. */
  async #runDestructions(): Promise<void> {
    const { clock } = this.#parts
    // Where traces go by file, nothing goes by itself.
    if (this.#schedule === undefined) return
    const receipted = () => this.#memory.state.receipt?.size ?? 0
    let dueMs = clock.nowMs() + LOOK_FOR_DESTRUCTIONS_MS
    let pauseMs = BETWEEN_DESTRUCTIONS_MS
    await repeat({
      ...this.#parts,
      what: 'shipment of a destruction',
      dueMs: () => Math.min(dueMs, clock.nowMs() + LONGEST_BETWEEN_MS),
      work: async () => {
        const before = receipted()
        const isDue = await this.#journal.hasDestructionFrom(before)
        if (isDue) await this.ship()
        pauseMs =
          isDue && receipted() === before
            ? Math.min(pauseMs * 2, LONGEST_BETWEEN_MS)
            : BETWEEN_DESTRUCTIONS_MS
        dueMs = clock.nowMs() + (isDue ? pauseMs : LOOK_FOR_DESTRUCTIONS_MS)
      },
      firstRetryMs: BETWEEN_DESTRUCTIONS_MS,
      longestRetryMs: LONGEST_BETWEEN_MS,
    })
  }

  /**
   * Ships now.
   * @throws AgentError `not-enrolled`, and as Shipment.run
   */
  async ship(): Promise<ShipmentOutcome> {
    const { clock } = this.#parts
    const supervised = this.#centre()
    try {
      const outcome = await supervised.ship()
      const { shippedTo, receiptSize, findings, traces } = outcome
      this.#lastShipment = {
        atMs: clock.nowMs(),
        shippedTo,
        receiptSize,
        findings: findings.length,
      }
      this.#figures.shipments.inc({ outcome: findings.length === 0 ? 'receipted' : 'findings' })
      this.#figures.shippedTraces.inc(traces)
      return outcome
    } catch (error) {
      this.#lastShipment = { atMs: clock.nowMs(), error: messageOf(error) }
      this.#figures.shipments.inc({ outcome: codeOf(error) })
      throw error
    }
  }

  /**
   * Takes an audit receipt that came back by file.
   * @throws AgentError `not-enrolled`, and as Supervised.takeReceipt
   */
  async takeReceipt(note: string): Promise<{ receiptSize: number }> {
    return { receiptSize: await this.#centre().takeReceipt(note) }
  }

  /** The newest checkpoint of the centre's log that this box saw. @throws AgentError `not-enrolled` */
  centreLog(): Promise<{ note: string | null }> {
    const { log } = this.#centre()
    return Promise.resolve({ note: log.seen?.note ?? null })
  }

  /** @throws AgentError `not-enrolled`, and as Supervised.compareLog */
  async compareCentreLog(note: string): Promise<LogComparison> {
    return this.#centre().compareLog(note)
  }

  /** @throws AgentError `not-enrolled`, and as Supervised.acceptRestore */
  async acceptCentreRestore(reason: string): Promise<AcceptedRestore> {
    return this.#centre().acceptRestore(reason)
  }

  async status(): Promise<AgentStatus> {
    const nowMs = this.#parts.clock.nowMs()
    return statusOf({
      settings: this.#parts.settings,
      databaseSize: await this.#journal.databaseSize(),
      checkpointSize: (await this.#journal.newestCheckpoint())?.size ?? null,
      remembered: this.#memory.state,
      lastHead: this.#lastHead,
      lastHeads: this.#witnesses.last,
      lastShipment: this.#lastShipment,
      nextHeadMs: this.#supervised?.heads.dueMs,
      nextShipmentMs: this.#supervised && this.#schedule?.dueMs(nowMs, this.#memory.state),
      nightsWithoutReceipt: this.#nightsWithoutReceipt(),
      centreLogSize: this.#supervised?.log.seenSize ?? null,
      findings: this.#findings.all(),
    })
  }

  /** Whether the journal can be read: a centre that is away is no reason not to be ready. */
  async ready(): Promise<{ ready: boolean; missing?: string[] }> {
    try {
      await this.#journal.databaseSize()
      return { ready: true }
    } catch (error) {
      return { ready: false, missing: [`the journal: ${messageOf(error)}`] }
    }
  }

  async #sendHead(supervised: Supervised): Promise<void> {
    const { clock } = this.#parts
    try {
      const outcome = await supervised.sendHead()
      if (outcome === undefined) return
      this.#lastHead = runOf(outcome, clock.nowMs())
      this.#figures.heads.inc({ outcome: String(outcome.status ?? 'none') })
    } catch (error) {
      this.#lastHead = { atMs: clock.nowMs(), error: messageOf(error) }
      this.#figures.heads.inc({ outcome: codeOf(error) })
      throw error
    }
  }

  #nightsWithoutReceipt(): number {
    const nowMs = this.#parts.clock.nowMs()
    return this.#schedule?.nightsWithoutReceipt(nowMs, this.#memory.state) ?? 0
  }

  #centre(): Supervised {
    if (this.#supervised === undefined)
      throw new AgentError('not-enrolled', 'this box has no supervision centre in its settings')
    return this.#supervised
  }

  #figureSource(): FigureSource {
    const { logger } = this.#parts
    const memory = this.#memory
    return {
      databaseSize: () =>
        this.#journal.databaseSize().catch((error: unknown) => {
          // The other figures are worth showing when the database is down; readiness tells about it.
          logger.warn({ err: error }, 'the journal can not be read')
          return Number.NaN
        }),
      witnessedSize: () => memory.state.witnessed?.size ?? 0,
      auditedSize: () => memory.state.receipt?.size ?? 0,
      nightsWithoutReceipt: () => this.#nightsWithoutReceipt(),
      lastHeadMs: () => memory.state.witnessed?.atMs ?? 0,
      lastReceiptMs: () => memory.state.receipt?.atMs ?? 0,
      witnesses: () =>
        Object.entries(memory.state.witnesses ?? {}).map(([name, one]) => ({ name, ...one })),
      findingKinds: () => this.#findings.all().map(({ kind }) => kind),
    }
  }
}
