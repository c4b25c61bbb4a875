import { AgentError } from '../errors.ts'

/**
 * An ECDSA signature from DER (RFC 3279 section 2.2.3) to the two mpints that SSH carries (RFC 5656 section 3.1.2).
 * DER integers and mpints share their encoding: two's complement, shortest form.
 * @throws AgentError `unusable-key` when the bytes are not two positive DER integers in a sequence
 */
export function toMpintPair(der: Uint8Array): Buffer {
  const bytes = Buffer.from(der)
  if (bytes[0] !== 0x30 || bytes[1] !== bytes.length - 2) throw unusable()
  const r = integerAt(bytes, 2)
  const s = integerAt(bytes, 4 + r.length)
  if (6 + r.length + s.length !== bytes.length) throw unusable()
  const pair = Buffer.alloc(8 + r.length + s.length)
  pair.writeUInt32BE(r.length, 0)
  r.copy(pair, 4)
  pair.writeUInt32BE(s.length, 4 + r.length)
  s.copy(pair, 8 + r.length)
  return pair
}

function integerAt(bytes: Buffer, offset: number): Buffer {
  const length = bytes[offset + 1] ?? 0
  const value = bytes.subarray(offset + 2, offset + 2 + length)
  const negative = (value[0] ?? 0x80) >= 0x80
  const padded = value[0] === 0 && (value[1] ?? 0) < 0x80
  if (bytes[offset] !== 0x02 || value.length !== length || negative || padded) throw unusable()
  return value
}

function unusable(): AgentError {
  return new AgentError('unusable-key', 'the key provider returned no DER ECDSA signature')
}
