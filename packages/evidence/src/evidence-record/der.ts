import { concat } from '../bytes.ts'
import { EvidenceError } from '../errors.ts'

/** One DER value (X.690 section 10), taken apart no further. */
export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
  /** All of it, tag and length included. */
  readonly der: Uint8Array
}

export const tag = {
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  sequence: 0x30,
  set: 0x31,
  /** `[n]`, constructed. */
  context: (n: number) => 0xa0 | n,
} as const

/** The values that follow one another in these bytes, nothing else. EvidenceError `malformed-record`. */
export function derValues(bytes: Uint8Array): DerValue[] {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length;) {
    const value = valueAt(bytes, at)
    values.push(value)
    at += value.der.length
  }
  return values
}

/** Lengths are definite and as short as they can be; tags of more than one byte don't occur. */
function valueAt(bytes: Uint8Array, at: number): DerValue {
  const [found = 0, first = 0x80] = bytes.subarray(at, at + 2)
  if ((found & 0x1f) === 0x1f) throw malformed('a tag of several bytes')
  const count = first < 0x80 ? 0 : first & 0x7f
  const digits = bytes.subarray(at + 2, at + 2 + count)
  const length = first < 0x80 ? first : digits.reduce((sum, byte) => sum * 256 + byte, 0)
  const least = Math.max(0x80, 256 ** (count - 1))
  const isShortest = first < 0x80 || (count > 0 && count <= 4 && length >= least)
  const start = at + 2 + count
  if (!isShortest || start + length > bytes.length) throw malformed('a length that is not DER')
  return {
    tag: found,
    content: bytes.slice(start, start + length),
    der: bytes.slice(at, start + length),
  }
}

/** The one value that these bytes are, of that tag. */
export function derValue(bytes: Uint8Array, expected: number, what: string): DerValue {
  const [value, ...more] = derValues(bytes)
  if (value?.tag !== expected || more.length > 0) throw malformed(what)
  return value
}

/** A value made of these parts. */
export function derOf(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(...parts)
  const digits: number[] = []
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256))
    digits.unshift(rest % 256)
  const length = content.length < 0x80 ? [content.length] : [0x80 | digits.length, ...digits]
  return concat(Uint8Array.of(tag, ...length), content)
}

/** What a record may not be. */
export function malformed(what: string): EvidenceError {
  return new EvidenceError('malformed-record', `evidence record: ${what}`)
}
