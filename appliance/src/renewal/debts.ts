import { parseCertificate, retirementOf, type EvidenceCrypto } from '@probant/evidence'
import { formatTime } from '@probant/host'
import type { Queryable } from '../store/journal.ts'
import { recordGroups, type RecordGroup } from '../store/token-terms.ts'
import { stageOf } from './failures.ts'
import { endOf } from './plan.ts'
import { DAY_MS, type RenewalSchedule } from './schedule.ts'

export type DebtKind = 'outside-tokens' | 'seal-certificate' | 'own-time-stamping' | 'algorithm'

/** Something that stops proving one day. */
export interface RenewalDebt {
  readonly kind: DebtKind
  /** Name of the authority or of the certificate's holder, or of the algorithm. */
  readonly what: string
  /** RFC 3339. */
  readonly ends: string
  readonly daysLeft: number
  /** `later`: nothing is to be done yet; `due`: from now on; `near`: the last third of that time; `over`: it proves nothing any more. */
  readonly state: 'later' | 'due' | 'near' | 'over'
  /** Outside tokens concerned, or certificates. */
  readonly count: number
  readonly todo: string
}

/** A certificate that the box signs with. */
export interface OwnCertificate {
  readonly kind: 'seal-certificate' | 'own-time-stamping'
  readonly der: Uint8Array
}

export interface DebtSources {
  readonly client: Queryable
  readonly crypto: EvidenceCrypto
  readonly schedule: RenewalSchedule
  readonly certificates: readonly OwnCertificate[]
  readonly hasAuthorities: boolean
  readonly nowMs: number
}

/** Everything that stops proving, what ends first before the others. */
export async function renewalDebts(sources: DebtSources): Promise<RenewalDebt[]> {
  const { client, certificates, schedule, nowMs } = sources
  const groups = await recordGroups(client)
  const debtOf = (kind: DebtKind, what: string, endsMs: number, count: number): RenewalDebt => {
    const isEarly = endsMs - schedule.leadMs > nowMs
    const stage = stageOf(endsMs, schedule.leadMs, nowMs)
    const state = isEarly ? 'later' : stage === 'early' ? 'due' : stage
    const daysLeft = Math.floor((endsMs - nowMs) / DAY_MS)
    const todo = todoOf(kind, state, sources.hasAuthorities)
    return { kind, what, ends: formatTime(endsMs), daysLeft, state, count, todo }
  }
  const own = certificates.map(({ kind, der }) => {
    const { subjectText, notAfterMs } = parseCertificate(der)
    return debtOf(kind, subjectText, notAfterMs, 1)
  })
  const algorithms = [...schedule.retired].map(([name, dateMs]) =>
    debtOf('algorithm', name, dateMs, countOf(groups, name)),
  )
  return [...tokenDebts(groups, schedule, debtOf), ...own, ...algorithms].toSorted(
    (a, b) => Date.parse(a.ends) - Date.parse(b.ends),
  )
}

/** Of an authority and an end, one each, whatever else the tokens rest on. */
function tokenDebts(
  groups: readonly RecordGroup[],
  schedule: RenewalSchedule,
  debtOf: (kind: DebtKind, what: string, endsMs: number, count: number) => RenewalDebt,
): RenewalDebt[] {
  const alike = new Map<string, { subject: string; endsMs: number; count: number }>()
  for (const group of groups) {
    const { subject, count } = group
    const endsMs = endOf(group, schedule)
    const key = `${endsMs} ${subject}`
    alike.set(key, { subject, endsMs, count: count + (alike.get(key)?.count ?? 0) })
  }
  return [...alike.values()].map(({ subject, endsMs, count }) =>
    debtOf('outside-tokens', subject, endsMs, count),
  )
}

/** Outside tokens that rest on an algorithm now. */
function countOf(groups: readonly RecordGroup[], name: string): number {
  const retired = new Map([[name, 0]])
  const rests = ({ algorithms }: RecordGroup) =>
    algorithms.some((each) => retirementOf(retired, each) !== undefined)
  return groups.filter(rests).reduce((sum, { count }) => sum + count, 0)
}

function todoOf(kind: DebtKind, state: RenewalDebt['state'], hasAuthorities: boolean): string {
  switch (kind) {
    case 'outside-tokens':
      if (state === 'over')
        return 'nothing renews it any more: what was deposited up to then is dated by later tokens and by the witnesses'
      if (!hasAuthorities) return 'configure an authority (timestamping.authorities) before then'
      return state === 'later'
        ? 'nothing: the box renews it in time'
        : 'the box renews it: see the log if it does not, and box renew'
    case 'seal-certificate':
      return 'request its renewal before then: probant box seal-certificate request'
    case 'own-time-stamping':
      return 'deposits end with it: move the box to new keys before then (docs/administration.md)'
    case 'algorithm':
      return hasAuthorities
        ? 'the box renews in time what rests on it, with authorities that no longer use it'
        : 'configure authorities that no longer use it before then'
  }
}
