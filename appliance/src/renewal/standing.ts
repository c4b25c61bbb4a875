import { join } from 'node:path'
import type { EvidenceCrypto } from '@probant/evidence'
import type { Database } from '@probant/postgres'
import type { Seals } from '../seal-certificate/seals.ts'
import type { ApplianceSettings } from '../settings.ts'
import { readCertificate, TSA_FILE } from '../timestamping/certificate-files.ts'
import { renewalDebts, type OwnCertificate, type RenewalDebt } from './debts.ts'
import { scheduleOf } from './schedule.ts'
import { readNewTerms } from './terms.ts'

export interface StandingSources {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly settings: ApplianceSettings
  readonly seals: Seals
  readonly nowMs: number
}

/** The renewal debt of a box, its own certificates among it. */
export async function renewalStanding(sources: StandingSources): Promise<RenewalDebt[]> {
  const { database, crypto, settings, seals, nowMs } = sources
  await readNewTerms(database, crypto)
  const tsa = await readCertificate(join(settings.home, 'timestamping'), TSA_FILE)
  const seal = seals.standing().covered?.certificate.der
  const certificates: OwnCertificate[] = [
    ...(tsa === undefined ? [] : [{ kind: 'own-time-stamping' as const, der: tsa }]),
    ...(seal === undefined ? [] : [{ kind: 'seal-certificate' as const, der: seal }]),
  ]
  return renewalDebts({
    client: database,
    crypto,
    schedule: scheduleOf(settings.renewal),
    certificates,
    hasAuthorities: (settings.dating?.authorities ?? []).length > 0,
    nowMs,
  })
}

/** Whether somebody has to act, or the box is late: whatever is near its end, or over it. */
export const isPressing = ({ state }: Pick<RenewalDebt, 'state'>): boolean =>
  state === 'near' || state === 'over'

const kinds = {
  'outside-tokens': 'outside tokens',
  'seal-certificate': 'seal certificate',
  'own-time-stamping': 'own time-stamping',
  algorithm: 'algorithm',
} as const

/** Lines of `box renewals`. */
export function debtSentences(debts: readonly RenewalDebt[]): string[] {
  if (debts.length === 0)
    return [
      'Nothing stops proving: no outside token is kept, and no certificate or algorithm has an end.',
    ]
  return debts.map(({ kind, what, ends, daysLeft, state, count, todo }) => {
    const left = state === 'over' ? 'OVER' : `${daysLeft} days`
    const mark = isPressing({ state }) ? 'WARNING ' : ''
    return `${mark}${ends.slice(0, 10)}  ${left}  ${kinds[kind]}: ${what} (${count}): ${todo}`
  })
}

/** A line of `box status`. */
export function debtSentence(debts: readonly RenewalDebt[]): string {
  const pressing = debts.filter(isPressing)
  if (pressing.length > 0)
    return `WARNING    renewal: ${pressing.length} of ${debts.length} debts are near their end or over it: see probant box renewals`
  const [next] = debts
  return next === undefined
    ? 'renewal    nothing stops proving'
    : `renewal    next end: ${kinds[next.kind]} ${next.what}, ${next.ends.slice(0, 10)} (${next.daysLeft} days)`
}
