import { EvidenceError } from './errors.ts'
import { present } from './present.ts'

const encoder = new TextEncoder()
// A byte order mark is a character like another: dropping it would make two byte strings equal.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

// Journal verification writes the hex of every trace's hash: two digits at a time are several times faster than one.
const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += present(hexPairs[byte])
  return text
}

/** The bytes of lower-case hex; upper case, odd length or anything else is an EvidenceError. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new EvidenceError('malformed-encoding', 'not lower-case hex')
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = hexDigit(text.charCodeAt(2 * i)) * 16 + hexDigit(text.charCodeAt(2 * i + 1))
  }
  return bytes
}

/** Value of a digit already known to be in [0-9a-f]. */
function hexDigit(code: number): number {
  return code < 58 ? code - 48 : code - 87
}

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const base64Codes = encoder.encode(base64Alphabet)
const base64Values = new Uint8Array(128)
for (let i = 0; i < base64Codes.length; i++) base64Values[base64Alphabet.charCodeAt(i)] = i
const equalsSign = 61

/** Base64 with padding, RFC 4648 section 4. */
export function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4)
  let at = 0
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = (byteAt(bytes, i) << 16) | (byteAt(bytes, i + 1) << 8) | byteAt(bytes, i + 2)
    codes[at++] = byteAt(base64Codes, group >> 18)
    codes[at++] = byteAt(base64Codes, (group >> 12) & 63)
    codes[at++] = left > 1 ? byteAt(base64Codes, (group >> 6) & 63) : equalsSign
    codes[at++] = left > 2 ? byteAt(base64Codes, group & 63) : equalsSign
  }
  return decoder.decode(codes)
}

/**
 * The bytes of padded base64, RFC 4648 section 4. Strict: no white space, no missing padding, and the unused
 * bits before the padding are zero, so that exactly one text stands for given bytes.
 */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new EvidenceError('malformed-encoding', 'not padded base64')
  }
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  const value = (at: number): number => byteAt(base64Values, text.charCodeAt(at))
  let at = 0
  let group = 0
  for (let i = 0; i < text.length; i += 4) {
    // '=' has the value 0 in the table
    group = (value(i) << 18) | (value(i + 1) << 12) | (value(i + 2) << 6) | value(i + 3)
    bytes[at++] = group >> 16
    bytes[at++] = (group >> 8) & 255
    bytes[at++] = group & 255
  }
  const unusedBits = padding === 2 ? 0xffff : padding === 1 ? 0xff : 0
  if ((group & unusedBits) !== 0) {
    throw new EvidenceError('malformed-encoding', 'base64 with stray bits before its padding')
  }
  return bytes
}

/** The byte at an index, 0 past the end. */
function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}

/** UTF-8 bytes. A lone surrogate is an EvidenceError: TextEncoder would silently write U+FFFD for it. */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) {
    throw new EvidenceError('malformed-encoding', 'a string with a lone surrogate')
  }
  return encoder.encode(text)
}

/** The text of UTF-8 bytes; invalid bytes are an EvidenceError, nothing is replaced or dropped. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new EvidenceError('malformed-encoding', 'not UTF-8', { cause })
  }
}

/** All parts one after the other, in a new array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** Whether both hold the same bytes. For public values: takes a time that depends on them. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** `lp(x)` of formats.md: u32 length in bytes ‖ x. */
export function lengthPrefixed(bytes: Uint8Array): Uint8Array {
  return concat(u32be(bytes.length), bytes)
}

/** Four bytes, big-endian. Out of 0 … 2^32 − 1 is an EvidenceError. */
export function u32be(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new EvidenceError('malformed-encoding', `${value} is not an unsigned 32-bit integer`)
  }
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** Eight bytes, big-endian. A number must be a safe integer; out of 0 … 2^64 − 1 is an EvidenceError. */
export function u64be(value: bigint | number): Uint8Array {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new EvidenceError('malformed-encoding', `${value} is not a safe integer`)
  }
  const wide = BigInt(value)
  if (wide < 0n || wide > 0xffff_ffff_ffff_ffffn) {
    throw new EvidenceError('malformed-encoding', `${wide} is not an unsigned 64-bit integer`)
  }
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, wide)
  return bytes
}
