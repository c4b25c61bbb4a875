import { present } from '../present.ts'
import { contradiction, type FindingAtTrace } from './finding.ts'
import type { Reading } from './reading.ts'

/** The place of a reading in the log, once its claim to it has been judged. */
export interface Slot {
  readonly seq: number
  readonly reading: Reading
  /** What the trace claims instead, where its neighbours show that it stands in its place. */
  readonly falseSeq: number | undefined
}

/**
 * Puts readings in order and names what is missing, moved or there twice. Only claims of `seq` are judged here,
 * with the chain's help where a claim alone is ambiguous; what the chain says against bytes comes after.
 *
 * @param expected the seq that the first reading should have
 * @param prevHash hex hash of the trace before it, where it is known
 */
export function arrange(
  readings: readonly Reading[],
  expected: number,
  prevHash: string | undefined,
): { readonly slots: readonly Slot[]; readonly findings: readonly FindingAtTrace[] } {
  const claims = claimedSlots(readings, expected, prevHash)
  const { kept, duplicates } = withoutDuplicates(claims, readings, expected)
  const slots = kept.toSorted((a, b) => a.seq - b.seq)
  const moved = slots.find((slot, at) => slot !== kept[at])
  const findings = [...duplicates, ...gaps(slots, expected)]
  if (moved !== undefined) {
    const instead = present(kept[slots.indexOf(moved)])
    findings.push(
      contradiction(
        'reordered',
        moved.seq,
        `trace ${moved.seq} in its place`,
        `trace ${instead.seq} in its place`,
      ),
    )
  }
  return { slots, findings }
}

function claimedSlots(
  readings: readonly Reading[],
  expected: number,
  prevHash: string | undefined,
): Slot[] {
  const slots: Slot[] = []
  let next = expected
  let before = prevHash
  readings.forEach((reading, at) => {
    const claim = reading.trace?.seq
    const following = readings[at + 1]?.trace?.seq
    const isInPlace =
      claim !== next &&
      reading.trace?.prev === before &&
      (following === undefined || following === next + 1)
    // What can't be read takes the slot where it stands; should the trace of that slot follow, they are rivals.
    const seq = claim === undefined || isInPlace ? next : claim
    slots.push({ seq, reading, falseSeq: isInPlace ? claim : undefined })
    next = seq + 1
    before = reading.hash
  })
  return slots
}

/** Keeps one reading for each seq: of several, the one that the chain goes on from. */
function withoutDuplicates(
  claims: readonly Slot[],
  readings: readonly Reading[],
  expected: number,
): { kept: Slot[]; duplicates: FindingAtTrace[] } {
  const continued = new Set(readings.map((reading) => reading.trace?.prev))
  const bySeq = Map.groupBy(claims, (slot) => slot.seq)
  const duplicates: FindingAtTrace[] = []
  const kept: Slot[] = []
  for (const slot of claims) {
    const rivals = present(bySeq.get(slot.seq))
    const chosen =
      rivals.find(({ reading }) => reading.trace !== undefined && continued.has(reading.hash)) ??
      rivals.find(({ reading }) => reading.trace !== undefined) ??
      rivals[0]
    if (slot.seq >= expected && slot === chosen) kept.push(slot)
    else duplicates.push(duplicated(slot, chosen))
  }
  return { kept, duplicates }
}

function duplicated(slot: Slot, chosen: Slot | undefined): FindingAtTrace {
  const { seq, reading } = slot
  if (reading.trace === undefined) {
    return contradiction('altered-trace', seq, `trace ${seq}`, `bytes that are no trace before it`)
  }
  const same = chosen !== undefined && chosen.reading.hash === reading.hash
  return contradiction(
    'duplicated',
    seq,
    `trace ${seq} once`,
    same ? `trace ${seq} again` : `another trace with seq ${seq}`,
  )
}

function gaps(slots: readonly Slot[], expected: number): FindingAtTrace[] {
  const findings: FindingAtTrace[] = []
  let next = expected
  for (const { seq } of slots) {
    if (seq > next) {
      findings.push(contradiction('gap', next, `trace ${next}`, `trace ${seq} follows`))
    }
    next = seq + 1
  }
  return findings
}
