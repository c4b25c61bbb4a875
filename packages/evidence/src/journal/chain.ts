import { toHex } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import { formatTrace, type Trace } from '../trace.ts'
import { contradiction, openQuestion, type FindingAtTrace } from './finding.ts'
import type { Slot } from './order.ts'

/** What the tree over exactly these bytes in this order says, against a signed checkpoint. */
export interface TreeEvidence {
  /** Undefined where no signed checkpoint of this size is known. */
  readonly matches: boolean | undefined
  /** Nothing before this size is in doubt: an earlier checkpoint matched, or the state was one's own. */
  readonly provenSize: number
  /** Whether it would match if the last leaf had these bytes instead. */
  matchesWithLast(bytes: Uint8Array): boolean
}

/** What the chain says of each slot. */
export interface ChainJudgement {
  readonly findings: readonly FindingAtTrace[]
  /** The slots whose bytes are not those that were journalled (or can't be read): nothing they say counts. */
  readonly bad: ReadonlySet<Slot>
}

/**
 * Follows `prev` from slot to slot and names the traces whose bytes are not those that the chain was built over.
 *
 * @param prevHash hex hash of the trace before the first slot's place, where it is known
 */
export function judgeChain(
  hashing: Hashing,
  slots: readonly Slot[],
  expected: number,
  prevHash: string | undefined,
  tree: TreeEvidence,
): ChainJudgement {
  const findings: FindingAtTrace[] = []
  const bad = new Set<Slot>()
  slots.forEach((slot, at) => {
    const before = slots[at - 1]
    const next = slots[at + 1]
    const own = ownFault(slot, next, tree)
    if (own !== undefined) {
      findings.push(own)
      bad.add(slot)
      return
    }
    const { trace } = slot.reading
    const hashBefore = before === undefined ? prevHash : before.reading.hash
    const isNext = slot.seq === (before === undefined ? expected : before.seq + 1)
    // After a gap, or after bytes already known to be wrong, the link tells nothing new.
    if (trace === undefined || hashBefore === undefined || !isNext) return
    if ((before !== undefined && bad.has(before)) || trace.prev === hashBefore) return

    if (tree.matches === true) {
      findings.push(brokenLink(trace, hashBefore))
    } else if (onlyPrevDiffers(hashing, trace, hashBefore, next, tree)) {
      findings.push(altered(slot.seq, `prev ${hashBefore}`, `prev ${trace.prev}`))
      bad.add(slot)
    } else if (before === undefined) {
      findings.push(brokenLink(trace, hashBefore))
    } else {
      findings.push(
        altered(before.seq, `bytes with SHA-256 ${trace.prev}`, `bytes with SHA-256 ${hashBefore}`),
      )
      bad.add(before)
    }
  })
  return { findings, bad }
}

/** What is wrong with a slot without looking at the trace before it. */
function ownFault(
  slot: Slot,
  next: Slot | undefined,
  tree: TreeEvidence,
): FindingAtTrace | undefined {
  const { seq, reading, falseSeq } = slot
  if (falseSeq !== undefined) return altered(seq, `seq ${seq}`, `seq ${falseSeq}`)
  const { unreadable } = reading
  if (unreadable === undefined) return undefined
  // Whether these are the bytes that the box wrote: a flipped digit of "format" is an alteration, not a downgrade.
  const follower = next?.seq === seq + 1 ? next.reading.trace : undefined
  const isAsWritten =
    follower === undefined ? tree.matches !== false : follower.prev === reading.hash
  const readable = 'a trace of format 1'
  if (unreadable.code === 'too-large') {
    return contradiction('oversized', seq, 'at most 60000 bytes', `${reading.bytes.length} bytes`)
  }
  if (isAsWritten && unreadable.code === 'unknown-format') {
    return openQuestion('format-downgrade', seq, readable, unreadable.message)
  }
  if (isAsWritten && unreadable.code === 'lower-format') {
    return contradiction('format-downgrade', seq, readable, unreadable.message)
  }
  return altered(seq, readable, unreadable.message)
}

/** Whether it is this trace's own `prev` that was changed, rather than the trace before it. */
function onlyPrevDiffers(
  hashing: Hashing,
  trace: Trace,
  hashBefore: string,
  next: Slot | undefined,
  tree: TreeEvidence,
): boolean {
  const repaired = formatTrace({ ...trace, prev: hashBefore })
  return next === undefined
    ? tree.matchesWithLast(repaired)
    : next.reading.trace?.prev === toHex(hashing.hash('sha256', repaired))
}

function brokenLink(trace: Trace, hashBefore: string): FindingAtTrace {
  return contradiction('broken-chain', trace.seq, `prev ${hashBefore}`, `prev ${trace.prev}`)
}

function altered(seq: number, expected: string, found: string): FindingAtTrace {
  return contradiction('altered-trace', seq, expected, found)
}
