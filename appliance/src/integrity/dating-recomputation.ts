import {
  datedGroup,
  equalBytes,
  isJsonArray,
  isJsonObject,
  toHex,
  utf8,
  verifyToken,
  type EvidenceCrypto,
  type Finding,
  type Trace,
} from '@probant/evidence'
import { checkpointCovering, readTraces, type Queryable } from '../store/journal.ts'
import type { DatingPosition } from './position.ts'
import { readableTrace } from './readable-trace.ts'
import { datedSizes, datingCovering, outsideTokensOf } from '../store/outside-tokens.ts'

const MARK = Buffer.from('"act":"checkpoint-dated"')

/** Holds the outside tokens that are kept against the traces that name them: none altered, none missing, none added. */
export class DatingRecomputation {
  readonly #client: Queryable
  readonly #crypto: EvidenceCrypto
  readonly #named: Set<number>
  readonly findings: Finding[]
  tokens: number

  constructor(client: Queryable, crypto: EvidenceCrypto, from?: DatingPosition) {
    this.#client = client
    this.#crypto = crypto
    this.#named = new Set(from?.named)
    this.findings = [...(from?.findings ?? [])]
    this.tokens = from?.tokens ?? 0
  }

  get position(): DatingPosition {
    return { named: [...this.#named], tokens: this.tokens, findings: [...this.findings] }
  }

  /** Traces in their order, as they are read. */
  async read(page: readonly { readonly bytes: Uint8Array }[]): Promise<void> {
    for (const { bytes } of page) {
      // Most traces are told apart without being parsed.
      const trace = Buffer.from(bytes).includes(MARK) ? dated(bytes) : undefined
      if (trace !== undefined) await this.#judge(trace)
    }
  }

  /** Once every trace under a checkpoint was read. */
  async finish(certifiedSize: number): Promise<void> {
    for (const size of await datedSizes(this.#client)) {
      if (this.#named.has(size) || size >= certifiedSize) continue
      this.#find(null, `a trace for the tokens over ${size} traces`, 'none')
    }
  }

  async #judge({ seq, data }: Trace): Promise<void> {
    const { size, tokens } = data
    if (typeof size !== 'number' || !isJsonArray(tokens)) return
    this.#named.add(size)
    const expected = tokens.map((each) => {
      const sha256 = isJsonObject(each) ? each['sha256'] : undefined
      return typeof sha256 === 'string' ? sha256 : 'unreadable'
    })
    const row = await datingCovering(this.#client, size)
    const kept = await outsideTokensOf(this.#client, size)
    const found = kept.map(({ token }) => toHex(this.#crypto.hash('sha256', token)))
    if (row?.size !== size || found.join() !== expected.join()) {
      this.#find(seq, `the tokens ${expected.join(', ')}`, found.join(', ') || 'none')
      return
    }
    this.tokens += kept.length
    if (!(await this.#isStampedHead(row))) {
      this.#find(seq, 'the checkpoint and seal that were stamped', 'others')
      return
    }
    const { imprint } = datedGroup(this.#crypto, row.checkpoint, row.seal)
    for (const { authority, token, path } of kept) {
      const roots = path.slice(-1)
      const how = { imprint, imprintAlgorithm: 'sha512', roots, certificates: path } as const
      const { verdict } = await verifyToken(this.#crypto, token, how)
      if (verdict.status === 'invalid')
        this.#find(seq, `a token of ${authority} that verifies`, verdict.what)
    }
  }

  /** The journal's own bytes, not a copy that somebody exchanged together with its token. */
  async #isStampedHead(row: { size: number; checkpoint: Uint8Array; seal: Uint8Array }) {
    const head = await checkpointCovering(this.#client, row.size)
    const sealed = sequenceOf(row.seal)
    if (head?.size !== row.size || sealed === undefined) return false
    const [trace] = await readTraces(this.#client, sealed, sealed + 1)
    return (
      equalBytes(utf8(head.note), row.checkpoint) &&
      trace !== undefined &&
      equalBytes(trace.bytes, row.seal)
    )
  }

  #find(seq: number | null, expected: string, found: string): void {
    this.findings.push({ kind: 'bad-timestamp', seq, expected, found, answer: 'invalid' })
  }
}

function dated(bytes: Uint8Array): Trace | undefined {
  const trace = readableTrace(bytes)
  return trace?.act === 'checkpoint-dated' && trace.outcome === 'done' ? trace : undefined
}

const sequenceOf = (bytes: Uint8Array): number | undefined => readableTrace(bytes)?.seq
