import { canonicalBytes, EvidenceError, parseCanonical, type JsonValue } from '@probant/evidence'
import { ShippingError } from './errors.ts'
import { MAX_MESSAGE_BYTES } from './limits.ts'
import type { Reader } from './shape.ts'

/**
 * JCS of what a peer will read with the same reader.
 * @throws ShippingError `malformed-message` when it would be refused there
 */
export function encodeStrictly<T>(reader: Reader<T>, what: string, value: T): Uint8Array {
  const json = plain(value)
  reader(json, what)
  return canonicalBytes(json)
}

/**
 * Reads canonical JSON of at most 512 KiB.
 * @throws ShippingError `malformed-message`, naming the member
 */
export function decodeStrictly<T>(reader: Reader<T>, what: string, bytes: Uint8Array): T {
  if (bytes.length > MAX_MESSAGE_BYTES)
    throw new ShippingError('malformed-message', `${what}: ${bytes.length} bytes`)
  let value: JsonValue
  try {
    value = parseCanonical(bytes)
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause
    throw new ShippingError('malformed-message', `${what}: ${cause.message}`, { cause })
  }
  return reader(value, what)
}

/** A message holds strings, integers, lists and objects only: this gives it the type of JSON, without absent members. */
function plain(value: unknown): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => [name, plain(member)]),
    )
  throw new ShippingError('malformed-message', `a ${typeof value} in a message`)
}
