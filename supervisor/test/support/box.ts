import { generateKeyPairSync, sign } from 'node:crypto'
import {
  commit,
  emptyJournalState,
  encodeSegment,
  formatCheckpointText,
  formatNote,
  formatTrace,
  formatVkey,
  JournalVerifier,
  keyIdOf,
  leafHash,
  CompactRange,
  consistencyProof,
  sealData,
  signatureLine,
  toHex,
  utf8,
  type JournalState,
  type JsonObject,
  type Outcome,
} from '@probant/evidence'
import { formatTime } from '@probant/host'
import { nodeCrypto } from '@probant/keys'

export interface ActOptions {
  act?: string
  outcome?: Outcome
  data?: JsonObject
  timeMs?: number
}

const START_MS = Date.UTC(2026, 0, 5, 8)

/** A box's journal in memory: real traces, checkpoints, proofs and segments, and every way to tamper with them. */
export class TestBox {
  readonly boxId: string
  origin: string
  traces: Uint8Array[] = []
  #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  #timeMs = START_MS
  /** As signed at the time, whatever happens to the traces afterwards. */
  #checkpoints = new Map<number, string>()

  constructor(boxId: string, origin = `${boxId}/1`) {
    this.boxId = boxId
    this.origin = origin
    this.act({ act: 'log-opened' })
  }

  get size(): number {
    return this.traces.length
  }

  /** An independent box with the same past and the same key: a restored disk, or a clone. */
  copy(): TestBox {
    const copy = new TestBox(this.boxId, this.origin)
    copy.traces = [...this.traces]
    copy.#keys = this.#keys
    copy.#timeMs = this.#timeMs
    copy.#checkpoints = new Map([...this.#checkpoints].filter(([size]) => size <= this.size))
    return copy
  }

  /** Forgets everything from a size on, so that another history can follow. */
  rewind(size: number): void {
    this.traces.splice(size)
    for (const signed of this.#checkpoints.keys())
      if (signed > size) this.#checkpoints.delete(signed)
  }

  /** Swaps the journal key, as an attacker with the machine could. */
  swapKey(): void {
    this.#checkpoints.clear()
    this.#keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  }

  get #spki(): Uint8Array {
    return new Uint8Array(this.#keys.publicKey.export({ type: 'spki', format: 'der' }))
  }

  get vkey(): string {
    return formatVkey(this.origin, 2, this.#spki, nodeCrypto)
  }

  /** Appends one trace. */
  act({ act = 'deposit', outcome = 'done', data = {}, timeMs }: ActOptions = {}): void {
    this.#timeMs = timeMs ?? this.#timeMs + 1000
    const before = this.traces.at(-1)
    const seq = this.size
    this.traces.push(
      formatTrace({
        format: 1,
        origin: this.origin,
        seq,
        time: formatTime(this.#timeMs),
        monotonicMs: seq * 10,
        boot: 'b'.repeat(32),
        act,
        outcome,
        vault: null,
        object: null,
        objectCommitment: null,
        actor: commit(nodeCrypto, 'actor', new Uint8Array(32).fill(seq % 256), utf8('someone')),
        data,
        prev: before === undefined ? '0'.repeat(64) : toHex(nodeCrypto.hash('sha256', before)),
      }),
    )
  }

  acts(count: number, options: ActOptions = {}): void {
    for (let at = 0; at < count; at++) this.act(options)
  }

  seal(): void {
    const { sha3 } = this.stateAt(this.size)
    const data = sealData(sha3, { previousCheckpoint: null, lastToken: null, cosignatures: [] })
    this.act({ act: 'seal', data: { ...data } })
  }

  stateAt(size: number): JournalState {
    const verifier = new JournalVerifier(nodeCrypto, emptyJournalState(nodeCrypto, this.origin))
    for (const trace of this.traces.slice(0, size)) verifier.append(trace)
    verifier.finish()
    return verifier.state
  }

  rootAt(size: number): Uint8Array {
    const range = new CompactRange(nodeCrypto)
    for (const trace of this.traces.slice(0, size)) range.append(leafHash(nodeCrypto, trace))
    return range.root()
  }

  /** The signed checkpoint of a size, signed at the first call. */
  checkpoint(size = this.size): string {
    const signed = this.#checkpoints.get(size) ?? this.#sign(size)
    this.#checkpoints.set(size, signed)
    return signed
  }

  #sign(size: number): string {
    const text = formatCheckpointText({ origin: this.origin, size, root: this.rootAt(size) })
    const signature = new Uint8Array(sign('sha256', utf8(text), this.#keys.privateKey))
    const keyId = keyIdOf(nodeCrypto, this.origin, 2, this.#spki)
    return formatNote(text, [signatureLine(this.origin, keyId, signature)])
  }

  /** Traces `start` … `end − 1` as they are now, under the checkpoint of `end`. */
  segment(start: number, end = this.size, checkpoint = this.checkpoint(end)): Uint8Array {
    const state = this.stateAt(start)
    return encodeSegment({
      origin: this.origin,
      start,
      prev: state.prev,
      range: state.range.hashes(),
      sha3Chain: state.sha3.head,
      sha3Range: state.sha3.range.hashes(),
      traces: this.traces.slice(start, end),
      checkpoint,
    })
  }

  async proof(oldSize: number, size = this.size): Promise<Uint8Array[]> {
    if (oldSize === 0 || oldSize === size) return []
    const nodes = new Map<string, Uint8Array>()
    const range = new CompactRange(nodeCrypto)
    for (const trace of this.traces.slice(0, size))
      range.append(leafHash(nodeCrypto, trace), (level, index, hash) =>
        nodes.set(`${level}/${index}`, hash),
      )
    const reader = {
      node: (level: number, index: number) => nodes.get(`${level}/${index}`) ?? new Uint8Array(32),
    }
    return consistencyProof(nodeCrypto, reader, oldSize, size)
  }

  /** Changes one byte of a stored trace, leaving everything else as it was. */
  flip(seq: number): void {
    const bytes = Uint8Array.from(this.traces[seq] ?? new Uint8Array())
    // within `time`, so that the trace still parses
    const at = new TextDecoder().decode(bytes).indexOf('"time":"') + 10
    bytes[at] = bytes[at] === 0x35 ? 0x34 : 0x35
    this.traces[seq] = bytes
  }
}
