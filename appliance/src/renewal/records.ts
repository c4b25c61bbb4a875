import {
  concat,
  firstRecord,
  hashTreeRenewalHashes,
  renewed,
  timeStampRenewalHash,
  type EvidenceCrypto,
  type EvidenceRecord,
  type HashName,
  type ReducedHashTree,
  type RenewalKind,
} from '@probant/evidence'
import { BoxError } from '../errors.ts'
import type { Queryable } from '../store/journal.ts'
import { datingOver, outsideTokensOf, type OutsideTokenRow } from '../store/outside-tokens.ts'
import {
  readRenewal,
  renewalsOfRecord,
  renewalTokensOf,
  type RecordId,
  type RenewalRow,
} from '../store/renewals.ts'

/** An evidence record put together from what is stored. */
export interface KeptRecord {
  /** The checkpoint's file and the seal that were stamped. */
  readonly objects: readonly Uint8Array[]
  readonly record: EvidenceRecord
  /** Its tokens, the outside token first. */
  readonly tokens: readonly [OutsideTokenRow, ...OutsideTokenRow[]]
}

type KnownRenewal = RenewalRow & { readonly tokens: readonly OutsideTokenRow[] }

/** Puts evidence records together; renewals, which many of them share, are read once. */
export class KeptRecords {
  readonly #client: Queryable
  readonly #crypto: EvidenceCrypto
  readonly #renewals = new Map<number, KnownRenewal>()

  constructor(client: Queryable, crypto: EvidenceCrypto) {
    this.#client = client
    this.#crypto = crypto
  }

  /**
   * @param before only renewals of a lower number
   * @throws BoxError `journal-altered` where a part is missing; EvidenceError where one is not what it was
   */
  async read(id: RecordId, before = Infinity): Promise<KeptRecord> {
    const head = await datingOver(this.#client, id.size)
    const first = (await outsideTokensOf(this.#client, id.size))[id.place]
    if (head === undefined || first === undefined)
      throw altered(`the outside token ${id.place} over ${id.size} traces is missing`)
    const objects = [head.checkpoint, head.seal]
    let record = firstRecord(this.#crypto, objects, first.token)
    const tokens: [OutsideTokenRow, ...OutsideTokenRow[]] = [first]
    for (const row of await renewalsOfRecord(this.#client, id)) {
      if (row.renewal >= before) break
      const renewal = await this.#renewal(row.renewal)
      const token = renewal.tokens[row.tokenPlace]
      if (token === undefined) throw altered(`a token of renewal ${row.renewal} is missing`)
      const { kind, algorithm } = renewal
      const reducedHashtree = unpacked(row.reduced, digestBytes(this.#crypto, algorithm))
      record = renewed(record, { kind, algorithm, reducedHashtree, token: token.token })
      tokens.push(token)
    }
    return { objects, record, tokens }
  }

  /** The outside tokens over a head, of which each begins a record. */
  firstTokens(size: number): Promise<OutsideTokenRow[]> {
    return outsideTokensOf(this.#client, size)
  }

  async #renewal(number: number): Promise<KnownRenewal> {
    const known = this.#renewals.get(number)
    if (known !== undefined) return known
    const row = await readRenewal(this.#client, number)
    if (row === undefined) throw altered(`renewal ${number} is missing`)
    const read = { ...row, tokens: await renewalTokensOf(this.#client, number) }
    this.#renewals.set(number, read)
    return read
  }
}

/** What a hash tree holds of a record that it renews. */
export function renewedHashes(
  crypto: EvidenceCrypto,
  { record, objects }: KeptRecord,
  kind: RenewalKind,
  algorithm: HashName,
): Uint8Array[] {
  return kind === 'time-stamp-renewal'
    ? [timeStampRenewalHash(crypto, record)]
    : hashTreeRenewalHashes(crypto, record, objects, algorithm)
}

/** A reduced hash tree as it is stored: its first list, of two, then the others, of one. */
export const packed = (tree: ReducedHashTree): Uint8Array => concat(...tree.flat())

export function unpacked(bytes: Uint8Array, length: number): ReducedHashTree {
  const count = Math.ceil(bytes.length / length)
  const hashes = Array.from({ length: count }, (_, at) =>
    bytes.slice(at * length, (at + 1) * length),
  )
  return count === 0 ? [] : [hashes.slice(0, 2), ...hashes.slice(2).map((each) => [each])]
}

export const digestBytes = (crypto: EvidenceCrypto, algorithm: HashName): number =>
  crypto.hash(algorithm, new Uint8Array(0)).length

const altered = (what: string) => new BoxError('journal-altered', 'fatal', what)
