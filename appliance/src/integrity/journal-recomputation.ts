import {
  canonicalBytes,
  equalBytes,
  fromUtf8,
  JournalVerifier,
  emptyJournalState,
  journalStateFromJson,
  journalStateToJson,
  parseCanonical,
  utf8,
  type EvidenceCrypto,
  type Finding,
  type JournalState,
  type NodeListener,
} from '@probant/evidence'
import type { JournalKeys } from '../journal/signing-keys.ts'
import {
  checkpointCovering,
  readCheckpoints,
  readState,
  readTraces,
  type Queryable,
} from '../store/journal.ts'
import type { JournalPosition } from './position.ts'

const TRACES_AT_ONCE = 1000
const CHECKPOINTS_AT_ONCE = 1000

export interface JournalReport {
  readonly traces: number
  readonly checkpoints: number
  /** What isn't as the box wrote it. */
  readonly findings: readonly Finding[]
}

export interface JournalPass {
  readonly client: Queryable
  readonly crypto: EvidenceCrypto
  readonly journalKeys: JournalKeys
  /** What the caller knows to be under a checkpoint; traces after it may still be on their way. */
  readonly certifiedSize: number
  /** Where an earlier pass was interrupted. */
  readonly from: JournalPosition
  /** Told of every node of the SHA3-256 tree, before `read` sees the trace that completes it. */
  readonly sha3Node: NodeListener
  /** Likewise of the SHA-256 tree, leaves included. */
  readonly node: NodeListener
  /** Sees every trace that is read, in order. */
  readonly read: (page: readonly { seq: number; bytes: Uint8Array }[]) => Promise<void>
  /** Every thousand traces or so, with the bytes read since. */
  readonly reached: (position: JournalPosition, bytes: number) => Promise<void>
}

/** Recomputes the journal from its stored bytes: chain, both trees, seals, and every checkpoint with its signature. */
export async function recomputeJournal(pass: JournalPass): Promise<JournalReport> {
  const { client, crypto, certifiedSize, from } = pass
  const verifier = new JournalVerifier(crypto, stateOf(crypto, from), pass.sha3Node, pass.node)
  const findings: Finding[] = [...from.findings]
  let { checkpoints } = from
  let next = verifier.size
  let [toldSize, bytesSince] = [next, 0]
  for (;;) {
    const page = await readCheckpoints(client, next, CHECKPOINTS_AT_ONCE)
    const within = page.filter((checkpoint) => checkpoint.size <= certifiedSize)
    for (const checkpoint of within) {
      // Whatever rows there are: a hole or a stranger among them is for the verifier to name.
      while (next < checkpoint.size) {
        const end = Math.min(checkpoint.size, next + TRACES_AT_ONCE)
        const traces = await readTraces(client, next, end)
        for (const { bytes } of traces) {
          findings.push(...verifier.append(bytes))
          bytesSince += bytes.length
        }
        await pass.read(traces)
        next = end
      }
      // Below what is in doubt no root can match any more; that was said already.
      if (!isInDoubt(findings)) {
        const keys = pass.journalKeys.at(checkpoint.size)
        findings.push(...(await verifier.checkpoint(checkpoint.note, keys)))
      }
      checkpoints += 1
      if (next - toldSize < TRACES_AT_ONCE || isInDoubt(findings)) continue
      await pass.reached(positionAt(verifier.state, checkpoints, findings), bytesSince)
      ;[toldSize, bytesSince] = [next, 0]
    }
    if (page.length < CHECKPOINTS_AT_ONCE || within.length < page.length) break
  }
  findings.push(...verifier.finish())
  const state = await readState(client)
  if (next < certifiedSize || state === undefined || state.size < certifiedSize)
    findings.push({
      kind: 'truncated',
      seq: next,
      expected: `${certifiedSize} traces under a checkpoint`,
      found: `checkpoints up to ${next}, ${state?.size ?? 0} traces counted`,
      answer: 'invalid',
    })
  return { traces: verifier.size, checkpoints, findings: findings.filter(isAlteration) }
}

/** Where a pass over a journal begins. */
export const beginning = (crypto: EvidenceCrypto, origin: string): JournalPosition =>
  positionAt(emptyJournalState(crypto, origin), 0, [])

const positionAt = (
  state: JournalState,
  checkpoints: number,
  findings: readonly Finding[],
): JournalPosition => ({
  state: fromUtf8(canonicalBytes(journalStateToJson(state))),
  checkpoints,
  findings: [...findings],
})

/** Whether a position is one of this journal as it is now: not of another origin, nor of a database that was put back since. */
export async function isOfJournal(
  client: Queryable,
  crypto: EvidenceCrypto,
  origin: string,
  position: JournalPosition,
): Promise<boolean> {
  const state = stateOf(crypto, position)
  if (state.origin === origin && state.size === 0) return true
  const checkpoint = await checkpointCovering(client, state.size)
  return (
    state.origin === origin &&
    checkpoint?.size === state.size &&
    equalBytes(checkpoint.root, state.range.root())
  )
}

const stateOf = (crypto: EvidenceCrypto, { state }: JournalPosition): JournalState =>
  journalStateFromJson(crypto, parseCanonical(utf8(state)))

/** Clocks and late seals leave the bytes what the box wrote; who reads the traces sees them there. */
const isAlteration = ({ kind }: Finding): boolean =>
  kind !== 'clock-regression' && kind !== 'missing-seal'

const isInDoubt = (findings: readonly Finding[]): boolean => findings.some(isAlteration)
