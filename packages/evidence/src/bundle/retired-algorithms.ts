import type { Anchors } from '../anchors.ts'
import { retiredAmong, retirementOf } from '../evidence-record/retirement.ts'
import { tokenAlgorithms } from '../timestamp/outside-token.ts'
import { cannotTell, valid, type Verdict } from '../verdict.ts'
import type { ArchiveProof } from './archive-proof.ts'
import type { BundleJournal } from './journal.ts'

/**
 * What the box's own evidence rests on beside its token: the digest of trees, chain and LAT, and the signature of LAT and checkpoint. The
 * two digests of documents and commitments stand for one another.
 */
const own: readonly string[] = ['sha256', 'ecdsa-p256-sha256']

/** The same of a proof of destruction, which holds no token that could show that it existed before. */
export function checkRetiredForDestruction(
  { retired = new Map() }: Anchors,
  atMs: number | undefined,
): Verdict | undefined {
  const found = atMs === undefined ? undefined : retiredAmong(retired, own, atMs)
  if (found === undefined) return undefined
  const date = new Date(found.dateMs).toISOString()
  return cannotTell(`anything from before (${found.algorithm} retired since ${date})`)
}

/**
 * Whether the box's own evidence still proves something at the verifier's time: where an algorithm of it was retired by then, a token of an
 * authority outside has to show, without that algorithm, that LAT, deposit trace and checkpoint existed before. Undefined where nothing of
 * it was retired.
 */
export function checkRetiredAlgorithms(
  { retired = new Map() }: Anchors,
  atMs: number | undefined,
  { lat, parts }: ArchiveProof,
  { dating }: BundleJournal,
): Verdict | undefined {
  const { path = [] } = parts.token
  const used = [...own, ...(path.length === 0 ? [] : tokenAlgorithms(lat.token, path))]
  const gone = (names: readonly string[]) =>
    names.flatMap((name) => {
      const dateMs = retirementOf(retired, name)
      return atMs === undefined || dateMs === undefined || dateMs > atMs ? [] : [{ name, dateMs }]
    })
  const [first, ...others] = gone(used).toSorted((a, b) => a.dateMs - b.dateMs)
  if (first === undefined) return undefined
  const date = new Date(first.dateMs).toISOString()
  const names = [...new Set([first, ...others].map(({ name }) => name))].join(', ')
  const missing = (what: string): Verdict => cannotTell(`${what} (${names} retired since ${date})`)
  if (dating === undefined) return missing('a token of an authority outside from before')
  if (gone(['sha256']).length > 0) {
    if (!dating.isDatedBySha3) return missing("the SHA3-256 path of the deposit's trace")
    if (gone(['sha3-256']).length > 0) return missing('a tree over the traces by another digest')
  }
  const isDated = dating.datings.some(
    ({ status, time }) => status === 'valid' && Date.parse(time) < first.dateMs,
  )
  if (isDated) return valid
  return dating.verdict.status === 'cannot-tell'
    ? missing(dating.verdict.missing)
    : missing('a token of an authority outside from before')
}
