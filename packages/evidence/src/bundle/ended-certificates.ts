import { endOf } from '../timestamp/outside-token.ts'
import type { ArchiveProof } from './archive-proof.ts'
import type { BundleJournal } from './journal.ts'
import type { EndedFact } from './report.ts'

/**
 * The certificates of the box's token and of the client's seals that have ended by the verifier's time. What they signed stays what it is: the
 * token is judged as of its own time, and an authority outside may show that it existed while they held.
 */
export function endedCertificates(
  atMs: number | undefined,
  { parts: { token, seals } }: ArchiveProof,
  { dating }: BundleJournal,
): EndedFact[] {
  const signers = [
    { signed: 'token' as const, path: token.path ?? [] },
    ...seals.map(({ path = [] }) => ({ signed: 'seal' as const, path })),
  ]
  return signers.flatMap(({ signed, path }) => {
    const [certificate] = path
    const endMs = endOf(path)
    if (certificate === undefined || atMs === undefined || endMs >= atMs) return []
    const isDatedBefore = (dating?.datings ?? []).some(
      ({ status, time }) => status === 'valid' && Date.parse(time) <= endMs,
    )
    const end = new Date(endMs).toISOString()
    return [{ signed, name: certificate.subjectText, end, isDatedBefore }]
  })
}
