import {
  CompactRange,
  cosignatureLine,
  cosignatureMessage,
  encodeSegment,
  formatCheckpointText,
  formatNote,
  formatTrace,
  leafHash,
  noPrevious,
  parseNote,
  sealData,
  Sha3Chain,
  signatureLine,
  toHex,
  treePath,
  utf8,
} from '../src/index.ts'
import type { SealedCosignature, Segment, Trace, VerifierKey } from '../src/index.ts'
import { testCrypto, testSigner } from './test-crypto.ts'
import type { TestSigner } from './test-crypto.ts'

export const testBoot = '0123456789abcdef0123456789abcdef'
export const testBox = 'box-7f3a'
export const testOrigin = 'box-7f3a/1'

/** A box's journal in memory, with a clock of its own: written as a box would, to be verified or tampered with. */
export class TestJournal {
  readonly origin: string
  readonly signer: TestSigner
  /** Stored bytes by seq. */
  readonly traces: Uint8Array[] = []
  readonly leaves: Uint8Array[] = []
  readonly #chain = new Sha3Chain(testCrypto)
  #timeMs = Date.parse('2026-03-01T12:00:00.000Z')
  #monotonicMs = 1_000_000

  constructor(origin = testOrigin, signer = testSigner(origin, 2)) {
    this.origin = origin
    this.signer = signer
  }

  get size(): number {
    return this.traces.length
  }

  /** For JournalVerifier and verifySegment. */
  get keys(): VerifierKey[] {
    return [this.signer.key]
  }

  pass(ms: number): void {
    this.#timeMs += ms
    this.#monotonicMs += ms
  }

  /** What the next trace would be. */
  next(fields: Partial<Trace> = {}): Trace {
    const last = this.traces.at(-1)
    return {
      format: 1,
      origin: this.origin,
      seq: this.size,
      time: new Date(this.#timeMs).toISOString(),
      monotonicMs: this.#monotonicMs,
      boot: testBoot,
      act: this.size === 0 ? 'log-opened' : 'read',
      outcome: 'done',
      vault: null,
      object: null,
      objectCommitment: null,
      actor: null,
      data: {},
      prev: last === undefined ? noPrevious : toHex(testCrypto.hash('sha256', last)),
      ...fields,
    }
  }

  append(fields: Partial<Trace> = {}): Uint8Array {
    this.pass(1000)
    return this.store(formatTrace(this.next(fields)))
  }

  /** Stores bytes as they are, whatever they are. */
  store(bytes: Uint8Array): Uint8Array {
    this.traces.push(bytes)
    this.leaves.push(leafHash(testCrypto, bytes))
    this.#chain.append(bytes)
    return bytes
  }

  seal(cosignatures: readonly SealedCosignature[] = []): Uint8Array {
    const known = { previousCheckpoint: null, lastToken: null, cosignatures }
    return this.append({ act: 'seal', data: sealData(this.#chain, known) })
  }

  /** Opens the log and writes acts, sealed every tenth. */
  fill(count: number): this {
    while (this.size < count) {
      if (this.size % 10 === 9) this.seal()
      else this.append()
    }
    return this
  }

  root(size = this.size): Uint8Array {
    const range = new CompactRange(testCrypto)
    for (const leaf of this.leaves.slice(0, size)) range.append(leaf)
    return range.root()
  }

  path(seq: number, size = this.size): Uint8Array[] {
    return treePath(testCrypto, this.leaves.slice(0, size), seq)
  }

  /** The signed checkpoint of a size. */
  checkpoint(size = this.size, origin = this.origin, signer = this.signer): string {
    return signNote(formatCheckpointText({ origin, size, root: this.root(size) }), signer)
  }

  /** What the sender of a segment puts into its header. */
  stateAt(start: number): Omit<Segment, 'traces' | 'checkpoint'> {
    const range = new CompactRange(testCrypto)
    const chain = new Sha3Chain(testCrypto)
    for (const trace of this.traces.slice(0, start)) {
      range.append(leafHash(testCrypto, trace))
      chain.append(trace)
    }
    const last = this.traces[start - 1]
    return {
      origin: this.origin,
      start,
      prev: last === undefined ? new Uint8Array(32) : testCrypto.hash('sha256', last),
      range: range.hashes(),
      sha3Chain: chain.head,
      sha3Range: chain.range.hashes(),
    }
  }

  segment(start = 0, end = this.size): Segment {
    return {
      ...this.stateAt(start),
      traces: this.traces.slice(start, end),
      checkpoint: this.checkpoint(end),
    }
  }

  segmentBytes(start = 0, end = this.size): Uint8Array {
    return encodeSegment(this.segment(start, end))
  }
}

/** A note of one text under one key of type 1 or 2. */
export function signNote(text: string, signer: TestSigner): string {
  const { name, keyId } = signer.key
  return formatNote(text, [signatureLine(name, keyId, signer.sign(utf8(text)))])
}

/** The note with a cosignature of type 4 or 6 added. */
export function cosign(note: string, witness: TestSigner, timestamp: number): string {
  const { text, signatures } = parseNote(note)
  const { name, type } = witness.key
  if (type !== 4 && type !== 6) throw new Error('not a witness')
  const signature = witness.sign(cosignatureMessage({ name, type }, text, timestamp))
  const lines = signatures.map((each) => each.line)
  return formatNote(text, [...lines, cosignatureLine(witness.key, timestamp, signature)])
}
