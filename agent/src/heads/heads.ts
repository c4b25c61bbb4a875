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
import type { CentreLog } from '../centre-log/centre-log.ts'
import type { InspectedCentre } from '../centre/inspection.ts'
import type { CentreSession } from '../centre/session.ts'
import { AgentError } from '../errors.ts'
import type { LocalFinding, LocalFindings } from '../findings/findings.ts'
import type { KnownTree } from '../journal/consistency.ts'
import type { Memory } from '../memory/memory.ts'
import { FixedInstants } from '../schedule/fixed-instants.ts'
import type { JournalReader, StoredCheckpoint } from '../store/journal.ts'
import { acceptCosignatures } from './acceptance.ts'
import { proveHead, reportBehind } from './proof.ts'
import type { Round } from './round.ts'

export interface HeadParts {
  /** Interval of the fixed instants in UTC; null: no head but with a shipment. */
  everySeconds: number | null
  crypto: EvidenceCrypto
  witnessKeys: readonly VerifierKey[]
  log: CentreLog
  journal: JournalReader
  round: Round
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
  readonly #instants: FixedInstants

  constructor(parts: HeadParts) {
    this.#parts = parts
    this.#instants = new FixedInstants(parts.everySeconds, parts.clock)
  }

  /** When the next head is due; infinite when the policy sends none by itself. */
  get dueMs(): number {
    return this.#instants.dueMs
  }

  /** Whether an instant has come and no head was sent since. */
  isDue(): boolean {
    return this.#instants.isDue()
  }

  /**
   * One head in a session that is open. Whatever the database holds is sent, consistent or not.
   * @param centre what the centre announced; its witnessed tree is moved on when it cosigns
   * @param which the round's, which goes to every witness, or the newest
   * @throws AgentError `refused-by-centre`, `centre-misbehaved`, `centre-unreachable`
   */
  async send(
    session: CentreSession,
    centre: InspectedCentre,
    which: 'of the round' | 'newest',
  ): Promise<HeadOutcome> {
    const dueMs = this.#instants.next
    const { journal, round } = this.#parts
    const isNewest = which === 'newest'
    const checkpoint = await (isNewest
      ? journal.newestCheckpoint()
      : round.head(centre.witnessed?.size ?? 0))
    const outcome = await this.#send(session, centre, checkpoint)
    this.#instants.done(dueMs)
    return outcome
  }

  async #send(
    session: CentreSession,
    centre: InspectedCentre,
    checkpoint: StoredCheckpoint | undefined,
  ): Promise<HeadOutcome> {
    if (checkpoint === undefined) return this.#nothingToSend(centre)
    const head = { ...checkpoint, ...stated(checkpoint) }
    const known = centre.witnessed ?? { size: 0, root: new Uint8Array() }
    const { proof, findings } = await proveHead(this.#parts, known, head)
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

  #accept(head: StoredCheckpoint, lines: readonly string[]): Promise<number> {
    const { witnessKeys, memory, clock, log } = this.#parts
    const remember = async (size: number, note: string, times: readonly number[]) => {
      if (size >= (memory.state.witnessed?.size ?? 0))
        await memory.update({ witnessed: { size, atMs: clock.nowMs(), note } })
      await log.cosigned(note, times)
    }
    const centre = { keys: witnessKeys, fault: 'centre-misbehaved', remember } as const
    return acceptCosignatures(this.#parts, centre, head, lines)
  }

  async #nothingToSend(centre: InspectedCentre): Promise<HeadOutcome> {
    const seen = centre.witnessed?.size ?? 0
    const findings = seen === 0 ? [] : [await this.#behind({ size: 0 }, seen)]
    return { size: null, status: null, cosignatures: 0, findings }
  }

  #behind({ size }: { size: number }, witnessed: number): Promise<LocalFinding> {
    return reportBehind(this.#parts, 'the centre', size, witnessed)
  }

  /** The centre says why in its finding's words: `kind: what it found`. */
  #refused({ size }: { size: number }, reason: string): ShippedFinding {
    this.#parts.logger.error({ size, reason }, 'the centre refused a head')
    const kind = /^([a-z-]{1,64}): /.exec(reason)?.[1] ?? 'rollback'
    return { kind, seq: null, expected: 'a head that the centre can cosign', found: reason }
  }
}

/** What the note itself says, where it can be read: the columns beside it are not signed. */
export function stated(checkpoint: StoredCheckpoint): KnownTree {
  try {
    return parseCheckpoint(parseNote(checkpoint.note).text)
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    return checkpoint
  }
}
