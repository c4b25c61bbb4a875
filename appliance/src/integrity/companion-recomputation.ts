import {
  EvidenceError,
  isJsonObject,
  openingMatches,
  parseCommitment,
  type Commitment,
  type EvidenceCrypto,
  type Finding,
  type Trace,
} from '@probant/evidence'
import { readCompanions, type Queryable, type TraceCompanions } from '../store/journal.ts'
import { readableTrace } from './readable-trace.ts'

/**
 * Holds what stands beside a trace's bytes against them: the columns that lists are filtered by, and what its commitments hide. Whoever
 * changes these leaves the journal as it was, and shows its readers something else.
 */
export class CompanionRecomputation {
  readonly #client: Queryable
  readonly #crypto: EvidenceCrypto
  readonly findings: Finding[]

  /** @param from what an earlier pass found before it was interrupted */
  constructor(client: Queryable, crypto: EvidenceCrypto, from: readonly Finding[] = []) {
    this.#client = client
    this.#crypto = crypto
    this.findings = [...from]
  }

  /** Traces in their order, as they are read. */
  async read(page: readonly { readonly seq: number; readonly bytes: Uint8Array }[]): Promise<void> {
    const [first, last] = [page.at(0), page.at(-1)]
    if (first === undefined || last === undefined) return
    const beside = await readCompanions(this.#client, first.seq, last.seq + 1)
    for (const { seq, bytes } of page) {
      const row = beside.get(seq)
      const trace = readableTrace(bytes)
      if (row !== undefined && trace !== undefined) this.#judge(row, trace)
    }
  }

  #judge(row: TraceCompanions, trace: Trace): void {
    const { seq } = row
    for (const column of ['act', 'outcome', 'vault', 'object'] as const)
      if (row[column] !== trace[column])
        this.#find(seq, `the ${column} that trace ${seq} states`, `another ${column} beside it`)
    for (const opening of row.openings) {
      const commitment = commitmentOf(trace, opening.field)
      if (commitment === undefined || !openingMatches(this.#crypto, commitment, opening))
        this.#find(
          seq,
          `the ${opening.field} that trace ${seq} commits to`,
          `another ${opening.field}, or another salt`,
        )
    }
  }

  #find(seq: number, expected: string, found: string): void {
    this.findings.push({ kind: 'metadata-altered', seq, expected, found, answer: 'invalid' })
  }
}

function commitmentOf(
  { actor, objectCommitment, data }: Trace,
  field: string,
): Commitment | undefined {
  if (field === 'actor') return actor ?? undefined
  // of a deposit that was refused: there is no object whose secrets would hold it
  if (field === 'object') return objectCommitment ?? undefined
  const value = data[field]
  try {
    return isJsonObject(value) ? parseCommitment(value) : undefined
  } catch (error) {
    if (error instanceof EvidenceError) return undefined
    throw error
  }
}
