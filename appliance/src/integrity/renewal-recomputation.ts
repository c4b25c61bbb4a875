import {
  equalBytes,
  EvidenceError,
  isJsonArray,
  isJsonObject,
  recordLinks,
  toHex,
  verifyToken,
  type EvidenceCrypto,
  type Finding,
  type Trace,
} from '@probant/evidence'
import { BoxError } from '../errors.ts'
import { KeptRecords } from '../renewal/records.ts'
import { termsOf } from '../renewal/terms.ts'
import type { Queryable } from '../store/journal.ts'
import type { OutsideTokenRow } from '../store/outside-tokens.ts'
import {
  readRenewal,
  readRenewals,
  recordsOfRenewal,
  renewalTokensOf,
  type RenewalRow,
  type RenewedRecordRow,
} from '../store/renewals.ts'
import { readTerms } from '../store/token-terms.ts'
import type { RenewalPosition } from './position.ts'
import { readableTrace } from './readable-trace.ts'

const MARK = Buffer.from('"act":"evidence-renewed"')
const RECORDS_AT_ONCE = 500

/** Holds renewals against the traces that name them, their tokens against their trees, and each record's hashes against both. */
export class RenewalRecomputation {
  readonly #client: Queryable
  readonly #crypto: EvidenceCrypto
  readonly #named: Set<number>
  readonly findings: Finding[]
  records: number

  constructor(client: Queryable, crypto: EvidenceCrypto, from: RenewalPosition) {
    this.#client = client
    this.#crypto = crypto
    this.#named = new Set(from.named)
    this.findings = [...from.findings]
    this.records = from.records
  }

  get position(): RenewalPosition {
    return { named: [...this.#named], records: this.records, findings: [...this.findings] }
  }

  /** Traces in their order, as they are read. */
  async read(page: readonly { readonly bytes: Uint8Array }[]): Promise<void> {
    for (const { bytes } of page) {
      const trace = Buffer.from(bytes).includes(MARK) ? renewedBy(bytes) : undefined
      if (trace !== undefined) await this.#judge(trace)
    }
  }

  /** Once every trace under a checkpoint was read: renewals that no trace names. */
  async finish(certifiedSize: number): Promise<void> {
    for (const { number } of await readRenewals(this.#client)) {
      if (this.#named.has(number) || (await this.#isBeyond(number, certifiedSize))) continue
      this.#find(null, `a trace for renewal ${number}`, 'none')
    }
  }

  /** Whether the trace of a renewal came after what is looked at. */
  async #isBeyond(number: number, certifiedSize: number): Promise<boolean> {
    const { rows } = await this.#client.query<{ bytes: Buffer }>(
      `SELECT bytes FROM journal.traces WHERE act = 'evidence-renewed' AND outcome = 'done' AND seq >= $1`,
      [certifiedSize],
    )
    return rows.some(({ bytes }) => renewedBy(bytes)?.data['renewal'] === number)
  }

  async #judge({ seq, data }: Trace): Promise<void> {
    const { renewal, kind, algorithm, root, records, tokens } = data
    if (typeof renewal !== 'number' || !isJsonArray(tokens)) return
    this.#named.add(renewal)
    const row = await readRenewal(this.#client, renewal)
    const kept = await renewalTokensOf(this.#client, renewal)
    const expected = tokens.map((each) => {
      const sha256 = isJsonObject(each) ? each['sha256'] : undefined
      return typeof sha256 === 'string' ? sha256 : 'unreadable'
    })
    const found = kept.map(({ token }) => toHex(this.#crypto.hash('sha256', token)))
    if (row === undefined || found.join() !== expected.join()) {
      this.#find(seq, `the tokens ${expected.join(', ')}`, found.join(', ') || 'none')
      return
    }
    if (row.kind !== kind || row.algorithm !== algorithm || toHex(row.root) !== root)
      this.#find(seq, 'the tree that the tokens are over', `another, of a ${row.kind}`)
    for (const token of kept) await this.#judgeToken(seq, row, token)
    const count = await this.#judgeRecords(seq, row)
    if (count !== records)
      this.#find(seq, `as many records in renewal ${renewal} as its trace counts`, String(count))
  }

  async #judgeToken(seq: number, { root, algorithm }: RenewalRow, token: OutsideTokenRow) {
    const { path, authority, sha256 } = token
    const how = {
      imprint: root,
      imprintAlgorithm: algorithm,
      roots: path.slice(-1),
      certificates: path,
    }
    const { verdict } = await verifyToken(this.#crypto, token.token, how)
    if (verdict.status === 'invalid')
      this.#find(seq, `a token of ${authority} that verifies`, verdict.what)
    const terms = await readTerms(this.#client, sha256)
    const actual = await termsOf(this.#crypto, token)
    if (terms !== undefined && JSON.stringify(terms) !== JSON.stringify(actual))
      this.#find(seq, 'the end of the token as it says itself', JSON.stringify(terms))
  }

  async #judgeRecords(seq: number, renewal: RenewalRow): Promise<number> {
    const records = new KeptRecords(this.#client, this.#crypto)
    let count = 0
    for (let after = { size: -1, place: 0 }; ;) {
      const page = await recordsOfRenewal(this.#client, renewal.number, after, RECORDS_AT_ONCE)
      for (const row of page) {
        const wrong = await this.#wrongIn(records, row, renewal)
        if (wrong !== undefined)
          this.#find(seq, `a record of the token ${row.place} over ${row.size} traces`, wrong)
      }
      count += page.length
      this.records += page.length
      const last = page.at(-1)
      if (last === undefined || page.length < RECORDS_AT_ONCE) return count
      after = { size: last.size, place: last.place }
    }
  }

  /** What is wrong with the link of a record to its renewal; undefined when nothing is. */
  async #wrongIn(
    records: KeptRecords,
    row: RenewedRecordRow,
    { number, root }: RenewalRow,
  ): Promise<string | undefined> {
    try {
      const { record, objects } = await records.read(row, number + 1)
      const link = recordLinks(this.#crypto, record, (algorithm) =>
        objects.map((each) => this.#crypto.hash(algorithm, each)),
      ).at(-1)
      if (link?.verdict.status === 'invalid') return link.verdict.what
      return equalBytes(link?.imprint ?? new Uint8Array(0), root) ? undefined : 'another root'
    } catch (error) {
      if (error instanceof EvidenceError || error instanceof BoxError) return error.message
      throw error
    }
  }

  #find(seq: number | null, expected: string, found: string): void {
    this.findings.push({ kind: 'bad-timestamp', seq, expected, found, answer: 'invalid' })
  }
}

function renewedBy(bytes: Uint8Array): Trace | undefined {
  const trace = readableTrace(bytes)
  return trace?.act === 'evidence-renewed' && trace.outcome === 'done' ? trace : undefined
}
