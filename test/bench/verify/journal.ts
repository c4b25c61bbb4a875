import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto'
import {
  CompactRange,
  encodeSegment,
  formatCheckpointText,
  formatNote,
  formatTrace,
  formatVkey,
  leafHash,
  noPrevious,
  parseVkey,
  sealData,
  Sha3Chain,
  signatureLine,
  toHex,
  type Commitment,
  type Trace,
} from '@probant/evidence'
import { formatTime } from '@probant/host'
import { nodeCrypto } from '@probant/keys'

export const ORIGIN = 'bench/1'

/** A journal as it is shipped: segments of `perSegment` traces, each under a signed checkpoint. */
export interface ShippedJournal {
  /** vkey of the key that signed. */
  readonly journalKey: string
  readonly segments: Uint8Array[]
  /** Bytes of the traces alone. */
  readonly traceBytes: number
}

const SEAL_EVERY = 60
const boot = 'ab'.repeat(16)

/** What a box in use writes: deposits and what surrounds them, one act a second, a seal a minute. */
export function shippedJournal(
  traces: number,
  perSegment: number,
  origin = ORIGIN,
): ShippedJournal {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const journalKey = formatVkey(origin, 2, spki, nodeCrypto)
  const { keyId } = parseVkey(journalKey)
  const range = new CompactRange(nodeCrypto)
  const sha3 = new Sha3Chain(nodeCrypto)
  const segments: Uint8Array[] = []
  let prev = noPrevious
  let traceBytes = 0
  while (range.size < traces) {
    const header = {
      origin,
      start: range.size,
      prev: prev === noPrevious ? new Uint8Array(32) : Buffer.from(prev, 'hex'),
      range: range.hashes(),
      sha3Chain: sha3.head,
      sha3Range: sha3.range.hashes(),
    }
    const stored: Uint8Array[] = []
    while (stored.length < perSegment && range.size < traces) {
      const bytes = formatTrace(traceAt(origin, range.size, prev, sha3))
      stored.push(bytes)
      prev = toHex(nodeCrypto.hash('sha256', bytes))
      range.append(leafHash(nodeCrypto, bytes))
      sha3.append(bytes)
      traceBytes += bytes.length
    }
    const text = formatCheckpointText({ origin, size: range.size, root: range.root() })
    const signature = sign('sha256', Buffer.from(text), privateKey)
    const checkpoint = formatNote(text, [signatureLine(origin, keyId, signature)])
    segments.push(encodeSegment({ ...header, traces: stored, checkpoint }))
  }
  return { journalKey, segments, traceBytes }
}

function traceAt(origin: string, seq: number, prev: string, sha3: Sha3Chain): Trace {
  const common = {
    format: 1 as const,
    origin,
    seq,
    time: formatTime(Date.UTC(2026, 0, 5, 8) + seq * 1000),
    monotonicMs: seq * 1000,
    boot,
    outcome: 'done' as const,
    prev,
  }
  const box = { vault: null, object: null, objectCommitment: null, actor: null }
  if (seq === 0) {
    const keys = { journal: digest(), lat: digest(), tsa: digest() }
    return { ...common, ...box, act: 'log-opened', data: { boxId: randomUUID(), keys } }
  }
  if (seq % SEAL_EVERY === 0) {
    const known = { previousCheckpoint: null, lastToken: null, cosignatures: [] }
    return { ...common, ...box, act: 'seal', data: { ...sealData(sha3, known) } }
  }
  const person = { vault: randomUUID(), object: randomUUID(), actor: commitment() }
  const data = { address: { ...commitment() } }
  return seq % 3 === 0
    ? { ...common, ...person, act: 'deposit', objectCommitment: commitment(), data }
    : { ...common, ...person, act: 'read', objectCommitment: null, data }
}

function commitment(): Commitment {
  return { sha256: digest(), 'sha3-256': digest() }
}

function digest(): string {
  return randomBytes(32).toString('hex')
}
