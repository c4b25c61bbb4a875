import { fromHex } from '@probant/evidence'
import type { Clock, Logger } from '@probant/host'
import type { SegmentAnswer, ShippedFinding } from '@probant/shipping'
import { failureOf, type Appliance, type Recomputation } from '../appliance/appliance.ts'
import type { Platform } from '../attestation/platform.ts'
import type { CentreLog } from '../centre-log/centre-log.ts'
import type { Centre } from '../centre/centre.ts'
import { inspect, type InspectedCentre } from '../centre/inspection.ts'
import type { CentreSession } from '../centre/session.ts'
import { AgentError, messageOf } from '../errors.ts'
import type { LocalFindings } from '../findings/findings.ts'
import type { Heads } from '../heads/heads.ts'
import type { KnownTree } from '../journal/consistency.ts'
import type { Position } from '../journal/position.ts'
import type { Positions } from '../journal/positions.ts'
import { nextSegment, withAuditedEndGone, type BuiltSegment } from '../journal/segments.ts'
import type { Memory } from '../memory/memory.ts'
import type { JournalReader } from '../store/journal.ts'
import { answerChallenge } from './challenge.ts'
import type { Receipts } from './receipts.ts'

export interface ShipmentParts {
  origin: string
  centre: Centre
  journal: JournalReader
  positions: Positions
  memory: Memory
  findings: LocalFindings
  heads: Heads
  log: CentreLog
  receipts: Receipts
  appliance: Appliance
  /** Absent where the settings name no TPM. */
  platform?: Platform | undefined
  clock: Clock
  logger: Logger
}

/** What came of one shipment. */
export interface ShipmentOutcome {
  /** Size up to which the centre has audited and receipted the log. */
  shippedTo: number
  /** Size of the newest audit receipt held; null before the first. */
  receiptSize: number | null
  segments: number
  traces: number
  /** The box's full recomputation before the shipment; null when the appliance could not be asked. */
  recomputation: Recomputation | null
  /** The centre's findings and the box's own. */
  findings: ShippedFinding[]
}

/** Segments in one session; more go in another, which exchanges new session keys. */
const SEGMENTS_PER_SESSION = 256
/** How long the checkpoint over the recomputation's trace is waited for. */
const SIGNING_MS = 10_000
const SIGNING_POLL_MS = 250

/** Ships every signed trace that the centre has not audited yet. */
export class Shipment {
  readonly #parts: ShipmentParts

  constructor(parts: ShipmentParts) {
    this.#parts = parts
  }

  /**
   * Has the box recompute itself, answers the centre's challenge and ships what is new, in as many sessions as it takes.
   * Resolves when nothing is left or the centre refused a segment; receipts are durable and handed over then.
   * @throws AgentError when the centre could not be reached or misbehaved; what was receipted before stays
   */
  async run(): Promise<ShipmentOutcome> {
    const { memory, receipts, clock, positions } = this.#parts
    const startedAtMs = clock.nowMs()
    const outcome: ShipmentOutcome = {
      shippedTo: 0,
      receiptSize: null,
      segments: 0,
      traces: 0,
      recomputation: await this.#recompute(),
      findings: [],
    }
    outcome.findings.push(...failureOf(outcome.recomputation))
    try {
      let isLeft = true
      while (isLeft) isLeft = await this.#session(outcome)
      await memory.update({ shippedAtMs: startedAtMs })
    } finally {
      await positions.save()
      await receipts.handOver()
      outcome.receiptSize = memory.state.receipt?.size ?? null
    }
    return outcome
  }

  /** A box that can't recompute itself ships all the same: what it holds is for the centre to judge. */
  async #recompute(): Promise<Recomputation | null> {
    const { appliance, journal, clock, logger } = this.#parts
    try {
      const recomputation = await appliance.recompute()
      const size = await journal.databaseSize()
      for (let waitedMs = 0; waitedMs < SIGNING_MS; waitedMs += SIGNING_POLL_MS) {
        if (((await journal.newestCheckpoint())?.size ?? 0) >= size) break
        await clock.sleep(SIGNING_POLL_MS)
      }
      return recomputation
    } catch (error) {
      if (!(error instanceof AgentError)) throw error
      logger.error({ reason: messageOf(error) }, 'shipping without a full recomputation')
      return null
    }
  }

  /** One session; true when more is left for another. */
  async #session(outcome: ShipmentOutcome): Promise<boolean> {
    const { centre, origin, memory, findings, heads, log, platform } = this.#parts
    const work = async (session: CentreSession) => {
      if (!(await this.#attested(session, outcome))) return false
      const known = await inspect(session.welcome, origin, memory, findings)
      outcome.findings.push(...known.findings, ...(await log.check(session)))
      await this.#auditedEnd(session, known, outcome)
      const { challenge } = session.welcome
      outcome.findings.push(...(await answerChallenge(session, challenge, this.#parts)))
      const isMoreLeft = await this.#segments(session, known, outcome)
      const head = await heads.send(session, known, 'newest')
      outcome.findings.push(...head.findings)
      return isMoreLeft
    }
    if (platform !== undefined) return centre.withAttestingSession(work)
    return (await centre.withSession(work)) ?? false
  }

  /**
   * States the machine's state first, where the centre asked for it. A TPM that fails keeps nothing back: that it failed is for the
   * centre to tell, which gets no quote.
   * @returns false when the centre takes nothing from this machine
   */
  async #attested(session: CentreSession, outcome: ShipmentOutcome): Promise<boolean> {
    const { platform, logger } = this.#parts
    const { attestation } = session.welcome
    if (platform === undefined) return true
    if (attestation === undefined) {
      logger.warn('the centre knows no attestation key of this box: it was not enrolled by its TPM')
      return true
    }
    try {
      const stated = await platform.attest(fromHex(attestation.nonce), attestation.pcrs)
      const { status, findings = [] } = await session.attest(stated)
      outcome.findings.push(...findings)
      return status === 200
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== 'tpm') throw error
      logger.error({ reason: error.message }, 'shipping without a statement of the TPM')
      return true
    }
  }

  /** Tells at once when the newest of what was audited is missing: what follows names the hole, but not what it was. */
  async #auditedEnd(
    session: CentreSession,
    known: InspectedCentre,
    outcome: ShipmentOutcome,
  ): Promise<void> {
    const { journal, positions, origin } = this.#parts
    const size = known.audited?.size ?? 0
    const segment = await withAuditedEndGone(journal, positions, origin, size)
    if (segment === undefined) return
    const answer = await session.segment('shipment', segment.bytes)
    outcome.findings.push(...(answer.findings ?? []), await this.#missing(segment))
  }

  async #segments(
    session: CentreSession,
    known: InspectedCentre,
    outcome: ShipmentOutcome,
  ): Promise<boolean> {
    const { journal, positions, origin, heads } = this.#parts
    let position = await positions.at(known.audited?.size ?? 0, known.audited ?? undefined)
    outcome.shippedTo = known.audited?.size ?? 0
    for (let sent = 0; sent < SEGMENTS_PER_SESSION; sent++) {
      const segment = await nextSegment(journal, positions, origin, position)
      if (segment === undefined) return false
      const answer = await session.segment('shipment', segment.bytes)
      outcome.findings.push(...(answer.findings ?? []))
      if (answer.status !== 200) return this.#refused(segment, answer)
      if (segment.after === undefined) {
        outcome.findings.push(await this.#missing(segment))
        return false
      }
      position = await this.#receipted(segment.after, answer)
      known.witnessed = moved(known.witnessed, position)
      outcome.segments += 1
      outcome.traces += segment.traces
      outcome.shippedTo = position.size
      if (heads.isDue())
        outcome.findings.push(...(await heads.send(session, known, 'newest')).findings)
    }
    return true
  }

  async #receipted(shipped: Position, { receipt }: SegmentAnswer): Promise<Position> {
    if (receipt === undefined)
      throw new AgentError('centre-misbehaved', 'a segment was taken without a receipt')
    await this.#parts.receipts.accept(receipt, shipped)
    this.#parts.positions.remember(shipped)
    return shipped
  }

  /** Traces are missing and the centre, which compared what there was with what it stores, found nothing wrong with that. */
  #missing({ start, end, traces }: BuiltSegment): Promise<ShippedFinding> {
    return this.#parts.findings.report({
      kind: 'truncated',
      seq: start + traces,
      expected: `traces up to ${end - 1}, as signed`,
      found: `none from ${start + traces} on in the database`,
    })
  }

  #refused(segment: BuiltSegment, answer: SegmentAnswer): false {
    const { start, end } = segment
    this.#parts.logger.error(
      { start, end, status: answer.status, size: answer.size, findings: answer.findings },
      'the centre refused a segment',
    )
    if (answer.status === 409)
      throw new AgentError(
        'centre-misbehaved',
        `segment ${start}–${end} doesn't continue ${answer.size}, which the centre announced otherwise`,
      )
    return false
  }
}

/** What the centre recomputed from leaves it has witnessed as well. */
function moved(witnessed: KnownTree | null, position: Position): KnownTree {
  return witnessed !== null && witnessed.size > position.size
    ? witnessed
    : { size: position.size, root: position.root() }
}
