import {
  equalBytes,
  formatEvidenceRecord,
  parseSealData,
  parseTrace,
  type Dating,
  type DatedToken,
} from '@probant/evidence'
import type { Box } from '../box.ts'
import { KeptRecords } from '../renewal/records.ts'
import { datingCovering, datingOver, type DatingRow } from '../store/outside-tokens.ts'
import { provingDatings } from '../store/token-terms.ts'

/**
 * What dates a deposit from outside: the earliest tokens that still prove it, with their renewals, its trace's path to the seal that they
 * are over, and how the bundle's checkpoint belongs to theirs.
 * @param size of the bundle's checkpoint
 */
export async function datingOf(
  box: Box,
  depositSeq: number,
  size: number,
): Promise<Dating | undefined> {
  const { database, crypto, proofs, sha3Tree } = box
  const dated = await earliest(box, depositSeq)
  if (dated === undefined) return undefined
  const [older = 0, newer = 0] = [dated.size, size].toSorted((a, b) => a - b)
  const seal = sealedIn(dated)
  const records = new KeptRecords(database, crypto)
  const tokens: DatedToken[] = []
  for (const place of (await records.firstTokens(dated.size)).keys())
    tokens.push(await tokenOf(records, dated.size, place))
  return {
    checkpoint: dated.checkpoint,
    seal: dated.seal,
    consistency: await proofs.consistency(older, newer),
    sha3Path: depositSeq < seal.size ? await sha3Tree.path(depositSeq, seal) : undefined,
    tokens,
  }
}

/**
 * The first head with a token that hasn't ended. Of two, the one whose seal is over the deposit too: the other, made in the same moment,
 * would date it by SHA-256 alone.
 */
async function earliest(
  { database, clock }: Box,
  depositSeq: number,
): Promise<DatingRow | undefined> {
  const sizes = await provingDatings(database, depositSeq + 1, clock.nowMs())
  const [first, next] = await Promise.all(sizes.map((size) => datingOver(database, size)))
  if (first === undefined) return datingCovering(database, depositSeq + 1)
  return next !== undefined && sealedIn(first).size <= depositSeq ? next : first
}

const sealedIn = ({ seal }: DatingRow) => parseSealData(parseTrace(seal).data)

async function tokenOf(records: KeptRecords, size: number, place: number): Promise<DatedToken> {
  const { record, tokens } = await records.read({ size, place })
  const [first, ...later] = tokens
  const renewal = {
    record: formatEvidenceRecord(record),
    certificates: eachOnce(later.flatMap(({ path }) => path)),
    lists: eachOnce(later.flatMap(({ lists }) => lists)),
  }
  return {
    token: first.token,
    certificates: first.path,
    lists: first.lists,
    ...(later.length === 0 ? {} : { renewal }),
  }
}

function eachOnce(list: readonly Uint8Array[]): Uint8Array[] {
  return list.filter((one, at) => list.findIndex((other) => equalBytes(one, other)) === at)
}
