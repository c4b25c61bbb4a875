import {
  EvidenceError,
  parseCheckpoint,
  parseNote,
  toBase64,
  type EvidenceCrypto,
  type VerifierKey,
} from '@probant/evidence'
import type { Clock, Logger } from '@probant/host'
import type { HeadAnswer, ShippedFinding } from '@probant/shipping'
import type { Appliance } from '../appliance/appliance.ts'
import type { InspectedCentre } from '../centre/inspection.ts'
import type { CentreSession } from '../centre/session.ts'
import { AgentError, messageOf } from '../errors.ts'
import type { LocalFinding, LocalFindings } from '../findings/findings.ts'
import { proveConsistency, type KnownTree } from '../journal/consistency.ts'
import type { Memory } from '../memory/memory.ts'
import { nextInstant } from '../schedule/instants.ts'
import type { JournalReader, StoredCheckpoint } from '../store/journal.ts'
import { checkCosignatures } from './cosignatures.ts'

export interface HeadParts {
  /** Interval of the fixed instants in UTC; null: no head but with a shipment. */
  everySeconds: number | null
  crypto: EvidenceCrypto
  witnessKeys: readonly VerifierKey[]
  journal: JournalReader
  memory: Memory
  findings: LocalFindings
  appliance: Appliance
  clock: Clock
  logger: Logger
}

/** What came of one head. */
export interface HeadOutcome {
  /** Size of the checkpoint sent; null when the journal has none. */
  size: number | null
  /** The centre's answer; null when nothing was sent. */
  status: HeadAnswer['status'] | null
  cosignatures: number
  /** The centre's and the box's own. */
  findings: ShippedFinding[]
}

/** Sends the newest signed head with its proof and takes the centre's cosignatures back to the appliance. */
export class Heads {
  readonly #parts: HeadParts
  #dueMs: number

  constructor(parts: HeadParts) {
    this.#parts = parts
    this.#dueMs = this.#nextInstant()
  }

  /** When the next head is due; infinite when the policy sends none by itself. */
  get dueMs(): number {
    return this.#dueMs
  }

  /** Whether an instant has come and no head was sent since. */
  isDue(): boolean {
    const nowMs = this.#parts.clock.nowMs()
    // A clock that was set back must not silence the box until it has caught up.
    this.#dueMs = Math.min(this.#dueMs, this.#nextInstant())
    return nowMs >= this.#dueMs
  }

  #nextInstant(): number {
    const { everySeconds, clock } = this.#parts
    return everySeconds === null ? Infinity : nextInstant(clock.nowMs(), everySeconds)
  }

  /**
   * One head in a session that is open. Whatever the database holds is sent, consistent or not.
   * @param centre what the centre announced; its witnessed tree is moved on when it cosigns
   * @throws AgentError `refused-by-centre`, `centre-misbehaved`, `centre-unreachable`
   */
  async send(session: CentreSession, centre: InspectedCentre): Promise<HeadOutcome> {
    const dueMs = this.#nextInstant()
    const outcome = await this.#send(session, centre)
    this.#dueMs = dueMs
    return outcome
  }

  async #send(session: CentreSession, centre: InspectedCentre): Promise<HeadOutcome> {
    const checkpoint = await this.#parts.journal.newestCheckpoint()
    if (checkpoint === undefined) return this.#nothingToSend(centre)
    const head = { ...checkpoint, ...stated(checkpoint) }
    const { proof, findings } = await this.#prove(centre.witnessed, head)
    const answer = await session.head({
      oldSize: Math.min(centre.witnessed?.size ?? 0, head.size),
      note: checkpoint.note,
      proof: proof.map(toBase64),
    })
    const outcome = { size: head.size, status: answer.status, cosignatures: 0, findings }
    if (answer.status === 200) {
      const cosignatures = await this.#accept(head, answer.lines ?? [])
      centre.witnessed = { size: head.size, root: head.root }
      return { ...outcome, cosignatures }
    }
    const witnessed = answer.size ?? 0
    if (answer.status === 409 && witnessed > head.size)
      return { ...outcome, findings: [...findings, await this.#behind(head, witnessed)] }
    if (answer.reason === undefined)
      throw new AgentError('refused-by-centre', `the centre answered ${answer.status} to the head`)
    return { ...outcome, findings: [...findings, this.#refused(head, answer.reason)] }
  }

  async #prove(witnessed: KnownTree | null, head: StoredCheckpoint) {
    const { crypto, journal, findings } = this.#parts
    const known = witnessed ?? { size: 0, root: new Uint8Array() }
    const proven = await proveConsistency(crypto, journal, known, head)
    if (!proven.nodesAltered) return { proof: proven.proof, findings: [] }
    const finding = await findings.report({
      kind: 'tiles-altered',
      seq: null,
      expected: `nodes that prove ${known.size} to ${head.size}, as the traces do`,
      found: 'other hashes in journal.nodes',
    })
    return { proof: proven.proof, findings: [finding] }
  }

  /** Checks and remembers what the centre signed, then gives it to the appliance. */
  async #accept(head: StoredCheckpoint, lines: readonly string[]): Promise<number> {
    const { crypto, witnessKeys, memory, clock, findings, appliance, logger } = this.#parts
    const checked = await checkCosignatures(crypto, head.note, lines, witnessKeys)
    const [bad] = checked.bad
    if (bad !== undefined) {
      await findings.report({
        kind: 'bad-checkpoint-signature',
        seq: null,
        expected: `a cosignature of size ${head.size} by ${bad.name}`,
        found: `a line of type ${bad.type} that does not verify`,
      })
      throw new AgentError('centre-misbehaved', 'a cosignature by a pinned key does not verify')
    }
    if (checked.good.length === 0)
      throw new AgentError('centre-misbehaved', 'no cosignature by a pinned witness key came back')
    if (head.size >= (memory.state.witnessed?.size ?? 0))
      await memory.update({ witnessed: { size: head.size, atMs: clock.nowMs() } })
    // The next head brings fresh cosignatures: an appliance that is away now loses nothing.
    await appliance.giveCosignatures(checked.note).catch((error: unknown) => {
      logger.warn({ reason: messageOf(error) }, 'the appliance did not take the cosignatures')
    })
    return checked.good.length
  }

  async #nothingToSend(centre: InspectedCentre): Promise<HeadOutcome> {
    const seen = centre.witnessed?.size ?? 0
    const findings = seen === 0 ? [] : [await this.#behind({ size: 0 }, seen)]
    return { size: null, status: null, cosignatures: 0, findings }
  }

  /** The centre saw more than this database can show. */
  async #behind(head: { size: number }, witnessed: number): Promise<LocalFinding> {
    const databaseSize = await this.#parts.journal.databaseSize()
    return this.#parts.findings.report({
      kind: databaseSize > head.size ? 'truncated' : 'rollback',
      seq: head.size,
      expected: `size ${witnessed} or more, which the centre witnessed`,
      found: `newest checkpoint of size ${head.size}, database of size ${databaseSize}`,
    })
  }

  /** The centre says why in its finding's words: `kind: what it found`. */
  #refused({ size }: { size: number }, reason: string): ShippedFinding {
    this.#parts.logger.error({ size, reason }, 'the centre refused a head')
    const kind = /^([a-z-]{1,64}): /.exec(reason)?.[1] ?? 'rollback'
    return { kind, seq: null, expected: 'a head that the centre can cosign', found: reason }
  }
}

/** What the note itself says, where it can be read: the columns beside it are not signed. */
function stated(checkpoint: StoredCheckpoint): KnownTree {
  try {
    return parseCheckpoint(parseNote(checkpoint.note).text)
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    return checkpoint
  }
}
