import { equalBytes } from '../bytes.ts'
import type { Checkpoint } from '../checkpoint.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import { CompactRange, leafHash, type NodeListener } from '../merkle.ts'
import type { Note } from '../note.ts'
import type { VerifierKey } from '../vkey.ts'
import type { TreeEvidence } from './chain.ts'
import { advance, contextOf, stateMembers, type Context } from './context.ts'
import { contradiction, type Finding } from './finding.ts'
import { judge } from './judgement.ts'
import { readLeaf, type Reading } from './reading.ts'
import { checkHead } from './signed-head.ts'
import { copyJournalState, type JournalState } from './state.ts'

/** Readings kept for judging together before a judgement without a checkpoint is forced. */
const maximumPending = 1000

/**
 * Recomputes a journal from its bytes, trace by trace: chain, tree, SHA3-256 chain and tree, seals, clocks, origin.
 * Chain and tree are both checked over every trace; neither alone is ever enough.
 *
 * `append` returns findings as soon as they can be judged, which may be later than the trace that shows
 * them: whether a trace or its neighbour is wrong, moved or missing is told by those that follow. So a
 * reader always ends with `checkpoint` or `finish`, and `state` is refused while something is pending.
 */
export class JournalVerifier {
  readonly #crypto: EvidenceCrypto
  readonly #range: CompactRange
  readonly #sha3: JournalState['sha3']
  readonly #onSha3Node: NodeListener | undefined
  readonly #onNode: NodeListener | undefined
  /** Before the first pending reading. */
  #base: Context
  /** After the last pending reading; undefined when they don't simply follow each other. */
  #tip: Context | undefined
  #pending: Reading[] = []
  /** Subtrees before the last leaf, to try another in its place. */
  #beforeLast: Uint8Array[]
  #isTampered = false
  /** Size of the last checkpoint that the tree matched: nothing before it is in doubt. */
  #provenSize: number

  /**
   * @param onSha3Node told of the SHA3-256 tree's nodes as they are completed, for whoever keeps some
   * @param onNode likewise of the SHA-256 tree's, leaves included
   */
  constructor(
    crypto: EvidenceCrypto,
    state: JournalState,
    onSha3Node?: NodeListener,
    onNode?: NodeListener,
  ) {
    const { range, sha3 } = copyJournalState(state)
    this.#crypto = crypto
    this.#range = range
    this.#sha3 = sha3
    this.#onSha3Node = onSha3Node
    this.#onNode = onNode
    this.#beforeLast = range.hashes()
    this.#base = contextOf(state)
    this.#tip = this.#base
    this.#provenSize = state.size
  }

  /** Number of leaves read, those of the state included. */
  get size(): number {
    return this.#range.size
  }

  /** Root of the SHA-256 tree over all leaves read. */
  get root(): Uint8Array {
    return this.#range.root()
  }

  /** To go on from later. Throws while readings are pending that don't follow each other: call `finish` first. */
  get state(): JournalState {
    if (this.#tip === undefined) throw new Error('a journal with pending findings has no state')
    return {
      origin: this.#tip.origin,
      size: this.#range.size,
      ...stateMembers(this.#tip),
      range: this.#range.clone(),
      sha3: this.#sha3.clone(),
    }
  }

  /** Reads the next stored trace. The bytes must not be changed afterwards. */
  append(traceBytes: Uint8Array): Finding[] {
    const reading = readLeaf(this.#crypto, traceBytes, this.#sha3)
    this.#beforeLast = this.#range.hashes()
    this.#range.append(leafHash(this.#crypto, traceBytes), this.#onNode)
    this.#sha3.append(traceBytes, this.#onSha3Node)
    const next = this.#tip === undefined ? undefined : follow(this.#tip, reading, this.#isTampered)
    if (this.#tip !== undefined && next !== undefined) {
      this.#base = this.#tip
      this.#tip = next
      this.#pending = [reading]
      return []
    }
    this.#tip = undefined
    this.#pending.push(reading)
    return this.#pending.length > maximumPending ? this.finish() : []
  }

  /** Judges what is pending without a checkpoint. */
  finish(): Finding[] {
    return this.#judge(undefined)
  }

  /**
   * Judges what is pending against a signed checkpoint of what was read.
   *
   * @param keys journal keys (type 2) of any origin; witnesses' keys may be among them. Without one for this
   *   origin the answer is *can't tell*.
   */
  async checkpoint(note: Note | string, keys: readonly VerifierKey[]): Promise<Finding[]> {
    const head = await checkHead(this.#crypto, note, this.#base.origin, keys)
    const { checkpoint } = head
    if (checkpoint === undefined) return [...this.#judge(undefined), ...head.findings]
    const matches =
      checkpoint.size === this.size ? equalBytes(this.root, checkpoint.root) : undefined
    // Over altered bytes no root can match; that was said already.
    const findings = this.#judge(this.#isTampered ? undefined : matches, checkpoint.root)
    if (!this.#isTampered) findings.push(...headFindings(checkpoint, this.size, matches))
    if (matches === true && head.findings.length === 0) this.#provenSize = this.size
    return [...findings, ...head.findings]
  }

  #judge(matches: boolean | undefined, root?: Uint8Array): Finding[] {
    const tree: TreeEvidence = {
      matches,
      provenSize: this.#provenSize,
      matchesWithLast: (bytes) => {
        if (root === undefined || matches === undefined) return false
        const range = new CompactRange(this.#crypto, this.size - 1, this.#beforeLast)
        range.append(leafHash(this.#crypto, bytes))
        return equalBytes(range.root(), root)
      },
    }
    const judgement = judge(this.#crypto, this.#base, this.#pending, tree, this.#isTampered)
    this.#base = judgement.context
    this.#tip = judgement.context
    this.#pending = []
    this.#isTampered = judgement.isTampered
    return [...judgement.findings]
  }
}

/** The context after a trace that simply follows; undefined when there is anything to judge. */
function follow(tip: Context, reading: Reading, isTampered: boolean): Context | undefined {
  const { trace, hash, sealProblem } = reading
  if (trace === undefined || trace.seq !== tip.seq) return undefined
  if (tip.prevHash !== undefined && trace.prev !== tip.prevHash) return undefined
  if (sealProblem !== undefined && !isTampered) return undefined
  const { context, findings } = advance(tip, trace, hash)
  return findings.length === 0 ? context : undefined
}

/** What a checkpoint says against a journal in which nothing else was found. */
function headFindings(
  checkpoint: Checkpoint,
  size: number,
  matches: boolean | undefined,
): Finding[] {
  if (checkpoint.size > size) {
    const expected = `traces up to ${checkpoint.size - 1}, as signed`
    return [contradiction('truncated', size, expected, `${size} traces`)]
  }
  if (checkpoint.size < size) {
    const expected = `${checkpoint.size} traces, as signed`
    return [contradiction('altered-trace', checkpoint.size, expected, `${size} traces`)]
  }
  return matches === false
    ? [contradiction('altered-trace', null, 'the signed root', 'another root at the same size')]
    : []
}
