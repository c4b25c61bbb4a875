import { retirementOf, type RenewalKind } from '@probant/evidence'
import type { ImprintAlgorithm } from '@probant/timestamping'
import type { RecordGroup } from '../store/token-terms.ts'
import type { RenewalSchedule } from './schedule.ts'

/** Digests of hash trees, the preferred first: all that authorities take, and one that shares nothing with it. */
const DIGESTS: readonly ImprintAlgorithm[] = ['sha512', 'sha3-512']

/** Records that one hash tree can renew. */
export interface RenewalPlan {
  readonly kind: RenewalKind
  /** Of the tree; undefined: every digest that is known is retired by then. */
  readonly algorithm: ImprintAlgorithm | undefined
  readonly groups: readonly RecordGroup[]
  readonly records: number
  /** When the first of them stops proving. */
  readonly endsMs: number
}

/** When a group's records stop proving: the path of the newest token's authority ends, or something that it rests on is retired. */
export function endOf({ pathEndsMs, algorithms }: RecordGroup, schedule: RenewalSchedule): number {
  return Math.min(pathEndsMs, ...algorithms.flatMap((each) => retiredAt(schedule, each)))
}

const retiredAt = ({ retired }: RenewalSchedule, algorithm: string): number[] => {
  const date = retirementOf(retired, algorithm)
  return date === undefined ? [] : [date]
}

/**
 * What is to be renewed now, each kind and digest by itself, those that end first before the others. What has ended already isn't among
 * it: a token over it would prove nothing about the time before.
 * @param everything whether the time before the end plays no part
 */
export function plansOf(
  groups: readonly RecordGroup[],
  schedule: RenewalSchedule,
  nowMs: number,
  everything = false,
): RenewalPlan[] {
  const plans = new Map<string, RenewalPlan>()
  for (const group of groups) {
    const endsMs = endOf(group, schedule)
    if (endsMs <= nowMs || (!everything && endsMs - schedule.leadMs > nowMs)) continue
    const how = howToRenew(group, schedule, nowMs)
    const key = `${how.kind} ${how.algorithm ?? ''}`
    const before = plans.get(key)
    plans.set(key, {
      ...how,
      groups: [...(before?.groups ?? []), group],
      records: (before?.records ?? 0) + group.count,
      endsMs: Math.min(endsMs, before?.endsMs ?? endsMs),
    })
  }
  return [...plans.values()].toSorted((a, b) => a.endsMs - b.endsMs)
}

/** The groups whose records have stopped proving. */
export const lapsed = (groups: readonly RecordGroup[], schedule: RenewalSchedule, nowMs: number) =>
  groups.filter((group) => endOf(group, schedule) <= nowMs)

/** Over the last time-stamp as long as the digest of the records' tree lasts, else over everything with another. */
function howToRenew({ algorithm }: RecordGroup, schedule: RenewalSchedule, nowMs: number) {
  const lasts = (digest: ImprintAlgorithm) =>
    retiredAt(schedule, digest).every((date) => date - schedule.leadMs > nowMs)
  const own = DIGESTS.find((each) => each === algorithm)
  if (own !== undefined && lasts(own))
    return { kind: 'time-stamp-renewal', algorithm: own } as const
  return { kind: 'hash-tree-renewal', algorithm: DIGESTS.find(lasts) } as const
}
