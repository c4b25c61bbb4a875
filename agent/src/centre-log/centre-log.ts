import {
  compareHeads,
  fromBase64,
  headLogLeaf,
  leafHash,
  parseCheckpoint,
  parseNote,
  verifyHeadLogNote,
  verifyInclusion,
  type Checkpoint,
  type EvidenceCrypto,
  type VerifierKey,
} from '@probant/evidence'
import type { Clock, Logger } from '@probant/host'
import { MAX_LOGGED_HEADS, type LogAnswer } from '@probant/shipping'
import type { CentreSession } from '../centre/session.ts'
import { AgentError } from '../errors.ts'
import type { LocalFinding, LocalFindings } from '../findings/findings.ts'
import type { Memory, Remembered } from '../memory/memory.ts'

export interface CentreLogParts {
  crypto: EvidenceCrypto
  witnessKeys: readonly VerifierKey[]
  memory: Memory
  findings: LocalFindings
  clock: Clock
  logger: Logger
}

type Seen = NonNullable<Remembered['log']>
type Cosigned = Seen['pending'][number]

/** A checkpoint of the log whose signature was verified. */
export interface SignedLog {
  readonly note: string
  readonly checkpoint: Checkpoint
  /** POSIX seconds. */
  readonly timestamp: number
}

/** The centre places a cosigned head within seconds; a box that asks later than this has to be shown it. */
const SHOWN_WITHIN_MS = 10 * 60_000
/** More than these can only wait with a centre that shows nothing: what is told of it is told by the first. */
const MOST_PENDING = 200

/**
 * The centre's log of what it cosigned, as this box saw it. Each contact has to extend what was seen before, and to show the heads
 * of this box that were cosigned since; what doesn't is a finding, kept with both signed notes.
 */
export class CentreLog {
  readonly #parts: CentreLogParts

  constructor(parts: CentreLogParts) {
    this.#parts = parts
  }

  /** What was seen last; undefined before the first. */
  get seen(): Seen | undefined {
    return this.#parts.memory.state.log
  }

  get seenSize(): number | null {
    return this.seen === undefined ? null : logOf(this.seen.note).size
  }

  /**
   * Asks for the log at the beginning of a session. What contradicts leaves what was seen before as it is, so that it is told again
   * until an administrator accepts it.
   * @throws AgentError as every question of a session
   */
  async check(session: CentreSession): Promise<LocalFinding[]> {
    const { memory, clock } = this.#parts
    const { log: seen } = memory.state
    if (!session.hasLog) return seen === undefined ? [] : [await this.#gone(seen, 'no log at all')]
    const asked = (seen?.pending ?? []).slice(0, MAX_LOGGED_HEADS)
    const heads = asked.map(({ size, time }) => ({ size, time }))
    const held = seen && logOf(seen.note)
    const answer = await session.log({ size: held?.size ?? 0, heads })
    if (answer.note === null)
      return seen === undefined ? [] : [await this.#gone(seen, 'a log without any')]
    const shown = await this.verified(answer.note)
    if (shown === undefined) return [await this.#badSignature(answer.note)]
    const fault = seen && (await this.#contradiction(seen, shown, answer))
    if (seen !== undefined && fault !== undefined) {
      await memory.update({ log: { ...seen, pending: [] } })
      return [fault]
    }
    const open = asked.filter((head, at) => !this.#isShown(head, shown.checkpoint, answer, at))
    const isLate = ({ sinceMs }: Cosigned) => clock.nowMs() - sinceMs >= SHOWN_WITHIN_MS
    const missing: LocalFinding[] = []
    for (const head of open.filter(isLate)) missing.push(await this.#missing(head, shown.note))
    const later = seen?.pending.slice(MAX_LOGGED_HEADS) ?? []
    await memory.update({
      log: {
        note: shown.note,
        atMs: clock.nowMs(),
        since: seen?.since ?? shown.timestamp,
        pending: [...open.filter((head) => !isLate(head)), ...later],
      },
    })
    return missing
  }

  /**
   * A head was cosigned: the log has to show it from now on. What was cosigned before this box saw the log may be older than it.
   * @param note the checkpoint with the good lines
   * @param times in those lines, POSIX seconds
   */
  async cosigned(note: string, times: readonly number[]): Promise<void> {
    const { memory, clock } = this.#parts
    const { log: seen } = memory.state
    if (seen === undefined) return
    const { text } = parseNote(note)
    const { size } = parseCheckpoint(text)
    const known = new Set(seen.pending.map((head) => `${head.size}/${head.time}`))
    const added = [...new Set(times)]
      .filter((time) => time >= seen.since && !known.has(`${size}/${time}`))
      .map((time) => ({ size, time, note, sinceMs: clock.nowMs() }))
    const pending = [...seen.pending, ...added].slice(0, MOST_PENDING)
    if (added.length > 0) await memory.update({ log: { ...seen, pending } })
  }

  /** A note as a checkpoint of the pinned centre's log; undefined when it is none, or isn't signed by it. */
  async verified(note: string): Promise<SignedLog | undefined> {
    const { crypto, witnessKeys } = this.#parts
    const { verdict, checkpoint, timestamp } = await verifyHeadLogNote(crypto, note, witnessKeys)
    if (verdict.status === 'cannot-tell')
      throw new AgentError(
        'centre-misbehaved',
        `the centre's log can't be checked: ${verdict.missing}`,
      )
    if (verdict.status === 'invalid' || checkpoint === undefined) return undefined
    return { note, checkpoint, timestamp: timestamp ?? 0 }
  }

  /** Two signed heads of the log that nobody can show to be of one. */
  split(held: string, shown: string): Promise<LocalFinding> {
    return this.#parts.findings.report(
      {
        kind: 'supervisor-equivocation',
        seq: null,
        expected: `a log of cosigned heads that contains its first ${logOf(held).size} entries`,
        found: `another history under the centre's signature, or none that it can show`,
      },
      { held, shown },
    )
  }

  async #contradiction(
    seen: Seen,
    shown: SignedLog,
    { proof }: LogAnswer,
  ): Promise<LocalFinding | undefined> {
    const held = logOf(seen.note)
    if (shown.checkpoint.size < held.size) return this.#gone(seen, 'a smaller one', shown.note)
    const { crypto } = this.#parts
    const hashes = proof.map(fromBase64)
    return compareHeads(crypto, held, shown.checkpoint, hashes) === 'consistent'
      ? undefined
      : this.split(seen.note, shown.note)
  }

  #isShown(
    { note, time }: Cosigned,
    { size, root }: Checkpoint,
    { inclusions }: LogAnswer,
    at: number,
  ): boolean {
    const { crypto } = this.#parts
    const inclusion = inclusions[at]
    if (inclusion === null || inclusion === undefined) return false
    const leaf = leafHash(crypto, headLogLeaf(crypto, parseNote(note).text, time))
    const path = inclusion.path.map(fromBase64)
    return verifyInclusion(crypto, BigInt(inclusion.index), BigInt(size), leaf, path, root)
  }

  #gone(seen: Seen, found: string, shown = ''): Promise<LocalFinding> {
    return this.#parts.findings.report(
      {
        kind: 'supervisor-rollback',
        seq: null,
        expected: `a log of cosigned heads with its ${logOf(seen.note).size} entries or more`,
        found,
      },
      { held: seen.note, shown },
    )
  }

  #missing({ size, time, note }: Cosigned, shown: string): Promise<LocalFinding> {
    return this.#parts.findings.report(
      {
        kind: 'supervisor-equivocation',
        seq: null,
        expected: `the head of size ${size}, cosigned at ${time}, in the centre's log`,
        found: 'it is not there',
      },
      { held: note, shown },
    )
  }

  #badSignature(shown: string): Promise<LocalFinding> {
    return this.#parts.findings.report(
      {
        kind: 'bad-checkpoint-signature',
        seq: null,
        expected: 'a checkpoint of its log by the pinned centre',
        found: 'one that does not verify',
      },
      { shown },
    )
  }
}

/** What a note that was verified states. */
export function logOf(note: string): Checkpoint {
  return parseCheckpoint(parseNote(note).text)
}
