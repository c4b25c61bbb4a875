import { parseVkey, toBase64, type EvidenceCrypto, type VerifierKey } from '@probant/evidence'
import type { Clock, Logger } from '@probant/host'
import type { WitnessSettings } from '@probant/shipping'
import type { Appliance } from '../appliance/appliance.ts'
import { AgentError } from '../errors.ts'
import type { LocalFinding, LocalFindings } from '../findings/findings.ts'
import { acceptCosignatures } from '../heads/acceptance.ts'
import { stated, type HeadOutcome } from '../heads/heads.ts'
import { proveHead, reportBehind } from '../heads/proof.ts'
import type { Round } from '../heads/round.ts'
import { treeAt } from '../journal/consistency.ts'
import type { Memory } from '../memory/memory.ts'
import { FixedInstants } from '../schedule/fixed-instants.ts'
import type { JournalReader, StoredCheckpoint } from '../store/journal.ts'
import { addCheckpoint, type WitnessAnswer } from './add-checkpoint.ts'

export interface WitnessParts {
  settings: WitnessSettings
  /** Interval of the fixed instants in UTC; null: never. */
  everySeconds: number | null
  crypto: EvidenceCrypto
  journal: JournalReader
  round: Round
  memory: Memory
  findings: LocalFindings
  appliance: Appliance
  clock: Clock
  logger: Logger
  stopping: AbortSignal
}

/** A witness beside the centre: it knows the journal by its signature alone, and says nothing but sizes and cosignatures. */
export class Witness {
  readonly #parts: WitnessParts
  readonly #keys: readonly VerifierKey[]
  readonly #instants: FixedInstants

  /** @throws EvidenceError when a pinned key in the settings is none */
  constructor(parts: WitnessParts) {
    this.#parts = parts
    this.#keys = parts.settings.keys.map((vkey) => parseVkey(vkey, parts.crypto))
    this.#instants = new FixedInstants(parts.everySeconds, parts.clock)
  }

  get name(): string {
    return this.#parts.settings.name
  }

  /** Names in its pinned keys: as one witness it has one. */
  get signers(): ReadonlySet<string> {
    return new Set(this.#keys.map(({ name }) => name))
  }

  /** When the next head is due; now when an instant has come and no head was sent since. */
  get dueMs(): number {
    return this.#instants.isDue() ? this.#parts.clock.nowMs() : this.#instants.dueMs
  }

  /**
   * Brings the round's head, once more from the size that the witness states where it isn't the one remembered.
   * @throws AgentError `witness-unreachable`, `refused-by-witness`, `witness-misbehaved`
   */
  async send(): Promise<HeadOutcome> {
    const dueMs = this.#instants.next
    const outcome = await this.#send()
    this.#instants.done(dueMs)
    return outcome
  }

  async #send(): Promise<HeadOutcome> {
    const { memory, round } = this.#parts
    const cosigned = memory.state.witnesses?.[this.name]?.size ?? 0
    const head = await round.head(cosigned)
    if (head === undefined || head.size < cosigned) return this.#behind(head, cosigned)
    const first = await this.#ask(head, cosigned)
    const { size } = { size: null, ...first.answer }
    if (first.answer.status !== 409 || size === null || size === cosigned)
      return this.#judge(head, cosigned, first)
    const findings = size < cosigned ? [await this.#forgot(cosigned, size)] : []
    const reaching = await round.head(size)
    if (reaching === undefined || reaching.size < size) return this.#behind(reaching, size)
    const second = await this.#ask(reaching, size)
    return this.#judge(reaching, size, { ...second, findings: [...findings, ...second.findings] })
  }

  async #ask(head: StoredCheckpoint, oldSize: number): Promise<Asked> {
    const { crypto, journal, settings, stopping } = this.#parts
    const known = await treeAt(crypto, journal, oldSize)
    const { proof, findings } = await proveHead(this.#parts, known, { ...head, ...stated(head) })
    const message = { oldSize, note: head.note, proof: proof.map(toBase64) }
    return { answer: await addCheckpoint(settings, message, stopping), findings }
  }

  async #judge(
    head: StoredCheckpoint,
    oldSize: number,
    { answer, findings }: Asked,
  ): Promise<HeadOutcome> {
    const { status } = answer
    const outcome = { size: head.size, status, cosignatures: 0, findings }
    if (status === 200) return { ...outcome, cosignatures: await this.#accept(head, answer.lines) }
    if (status === 409 && (answer.size ?? oldSize) !== oldSize)
      throw new AgentError('witness-misbehaved', `the witness ${this.name} states other sizes`)
    if (status === 409 && oldSize !== head.size)
      throw new AgentError('witness-misbehaved', `the witness ${this.name} states no size`)
    return { ...outcome, findings: [...findings, await this.#fork(oldSize)] }
  }

  #accept(head: StoredCheckpoint, lines: readonly string[]): Promise<number> {
    const { memory, clock } = this.#parts
    const remember = (size: number) =>
      memory.update({
        witnesses: { ...memory.state.witnesses, [this.name]: { size, atMs: clock.nowMs() } },
      })
    const signer = { keys: this.#keys, fault: 'witness-misbehaved', remember } as const
    return acceptCosignatures(this.#parts, signer, head, lines)
  }

  /** It can't show what it saw: only that the box signed it. Said once, whatever grows meanwhile. */
  #fork(oldSize: number): Promise<LocalFinding> {
    return this.#parts.findings.report({
      kind: 'fork',
      seq: null,
      expected: `the ${oldSize} traces that the witness ${this.name} cosigned, at the beginning of this journal`,
      found: `the witness refuses the proof`,
    })
  }

  #forgot(cosigned: number, size: number): Promise<LocalFinding> {
    return this.#parts.findings.report({
      kind: 'supervisor-rollback',
      seq: null,
      expected: `cosigned size ${cosigned} or more, by the witness ${this.name}`,
      found: `cosigned size ${size}`,
    })
  }

  async #behind(head: StoredCheckpoint | undefined, cosigned: number): Promise<HeadOutcome> {
    const size = head?.size ?? 0
    const by = `the witness ${this.name}`
    const findings = cosigned === 0 ? [] : [await reportBehind(this.#parts, by, size, cosigned)]
    return { size: head?.size ?? null, status: null, cosignatures: 0, findings }
  }
}

interface Asked {
  readonly answer: WitnessAnswer
  readonly findings: LocalFinding[]
}
