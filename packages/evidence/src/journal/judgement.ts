import type { Hashing } from '../crypto.ts'
import { judgeChain, type TreeEvidence } from './chain.ts'
import { advance, type Context } from './context.ts'
import { contradiction, type FindingAtTrace } from './finding.ts'
import { arrange, type Slot } from './order.ts'
import type { Reading } from './reading.ts'

export interface Judgement {
  /** By seq, the first bad one first. */
  readonly findings: readonly FindingAtTrace[]
  /** Where the next trace stands. */
  readonly context: Context
  /** The stored bytes are not the journal that was written: no root or seal can match any more. */
  readonly isTampered: boolean
}

/**
 * Judges readings together, since one alone never tells whether it or its neighbour is wrong: first their order,
 * then the chain, then what each says, believing only traces whose bytes are in order.
 *
 * @param alreadyTampered whether something before them makes seals impossible to check
 */
export function judge(
  hashing: Hashing,
  context: Context,
  readings: readonly Reading[],
  tree: TreeEvidence,
  alreadyTampered: boolean,
): Judgement {
  const order = arrange(readings, context.seq, context.prevHash)
  const chain = judgeChain(hashing, order.slots, context.seq, context.prevHash, tree)
  const integrity = [...order.findings, ...chain.findings]
  const bad = new Set(chain.bad)
  const last = order.slots.at(-1)
  // The root differs although the chain holds: the last leaf, to which the chain of all others leads, is certainly
  // not the one signed. Those before it may have been rewritten with it.
  if (integrity.length === 0 && !alreadyTampered && tree.matches === false && last !== undefined) {
    integrity.push(rewritten(last.seq, tree.provenSize))
    bad.add(last)
  }
  const firstTampered = alreadyTampered
    ? -1
    : Math.min(...integrity.map(({ seq }) => seq), Number.POSITIVE_INFINITY)
  const walk = walkSlots(context, order.slots, bad, firstTampered)
  const findings = [...integrity, ...walk.findings]
    .toSorted((a, b) => a.seq - b.seq)
    .map((finding) => withSince(finding, context, order.slots, bad))
  return { findings, context: walk.context, isTampered: alreadyTampered || integrity.length > 0 }
}

function rewritten(seq: number, from: number): FindingAtTrace {
  const finding = contradiction(
    'altered-trace',
    seq,
    'the leaf under the signed root',
    from < seq
      ? `another leaf; the chain holds, so that traces from ${from} on may have been rewritten with it`
      : 'another leaf',
  )
  return from < seq ? { ...finding, range: { from, to: seq } } : finding
}

/** What the traces in order say of themselves: origin, clock, blocks, seals. */
function walkSlots(
  start: Context,
  slots: readonly Slot[],
  bad: ReadonlySet<Slot>,
  firstTampered: number,
): { context: Context; findings: FindingAtTrace[] } {
  let context = start
  const findings: FindingAtTrace[] = []
  for (const slot of slots) {
    const { seq, reading } = slot
    if (bad.has(slot) || reading.trace === undefined) {
      context = { ...context, seq: seq + 1, prevHash: undefined }
      continue
    }
    const step = advance({ ...context, seq }, reading.trace, reading.hash)
    findings.push(...step.findings)
    const { sealProblem } = reading
    // Over altered bytes no seal can match: that is one finding, not one more for each seal that follows.
    if (sealProblem !== undefined && seq < firstTampered) {
      const { kind, expected, found } = sealProblem
      findings.push(contradiction(kind, seq, expected, found))
    }
    context = step.context
  }
  return { context, findings }
}

function withSince(
  finding: FindingAtTrace,
  context: Context,
  slots: readonly Slot[],
  bad: ReadonlySet<Slot>,
): FindingAtTrace {
  const { seq } = finding
  const before = slots.findLast((slot) => slot.seq < seq && !bad.has(slot))
  const known = context.timeMs === undefined ? undefined : new Date(context.timeMs).toISOString()
  const since = before?.reading.trace?.time ?? known
  return since === undefined ? finding : { ...finding, since }
}
