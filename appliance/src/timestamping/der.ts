/**
 * The few DER encodings (ITU-T X.690) that a token is composed of. Parts that never change are made once by pkijs; composing the rest from
 * bytes takes microseconds, where building pkijs objects for each token takes milliseconds.
 */

const SEQUENCE = 0x30
const SET = 0x31

/** Tag, length in its shortest form, contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([Buffer.of(tag, ...lengthBytes(length)), ...contents])
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return element(SEQUENCE, ...contents)
}

/** A SET OF, its members in the order of their encodings (X.690 section 11.6); under another tag where it is implicit. */
export function setOf(members: readonly Uint8Array[], tag = SET): Buffer {
  return element(tag, ...members.toSorted((a, b) => Buffer.compare(a, b)))
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(0x04, bytes)
}

/** A non-negative INTEGER from its big-endian bytes. */
export function integer(...bigEndian: readonly number[]): Buffer {
  let first = 0
  while (first < bigEndian.length - 1 && bigEndian[first] === 0) first++
  const digits = bigEndian.slice(first)
  const negative = (digits[0] ?? 0) >= 0x80
  return element(0x02, Buffer.from(negative ? [0, ...digits] : digits))
}

/** NULL. */
export const nothing = element(0x05)

/** An OBJECT IDENTIFIER; arcs may be of any size, as those under 2.25 are. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map((arc) => BigInt(arc))
  return element(0x06, Buffer.from([first * 40n + second, ...rest].flatMap(base128)))
}

function base128(arc: bigint): number[] {
  const bytes = [Number(arc & 0x7fn)]
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn) | 0x80)
  return bytes
}

/** A Time to the second: UTCTime through 2049, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
export function time(ms: number): Buffer {
  const wholeMs = Math.floor(ms / 1000) * 1000
  const date = new Date(wholeMs)
  if (date.getUTCFullYear() >= 2050) return generalizedTime(wholeMs)
  const digits = date.toISOString().slice(2, 19).replace(/[-:T]/g, '')
  return element(0x17, Buffer.from(`${digits}Z`, 'latin1'))
}

/** A GeneralizedTime in UTC to the millisecond, without trailing zeros (X.690 section 11.7, RFC 3161 section 2.4.2). */
export function generalizedTime(ms: number): Buffer {
  const [seconds = '', fraction = ''] = new Date(ms).toISOString().split(/[.Z]/)
  const digits = fraction.replace(/0+$/, '')
  const text = seconds.replace(/[-:T]/g, '') + (digits === '' ? '' : `.${digits}`)
  return element(0x18, Buffer.from(`${text}Z`, 'latin1'))
}
