import { fromUtf8, utf8 } from './bytes.ts'
import { EvidenceError } from './errors.ts'

/** What JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [name: string]: JsonValue
}

/** formats.md section 1. */
const maximumNesting = 32

/** Whether a JSON value is an object (not an array, not null). */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a JSON value is an array. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/**
 * The stored form of a value: RFC 8785 in UTF-8 with the restrictions of formats.md section 1 (safe integers
 * only, no lone surrogates, at most 32 levels). A value outside them is an EvidenceError 'not-canonical'.
 */
export function canonicalBytes(value: JsonValue): Uint8Array {
  const sorted = checkRestrictions(value, 0)
  // As below: what is sorted already needs no serialiser of ours, which writes the same text more slowly.
  const text = sorted ? JSON.stringify(value) : canonicalText(value)
  return utf8(text.includes('\\ud') ? canonicalText(value) : text)
}

/**
 * The value of stored bytes. Strict: bytes that are not exactly the canonical serialisation of what they parse
 * to, or that break a restriction of formats.md section 1, are an EvidenceError and never repaired.
 *
 * The runtime's own parser and serialiser do the work, since verification parses every trace. Comparing the
 * result with the input catches duplicate keys, white space, other escapes, other number forms and key order.
 */
export function parseCanonical(bytes: Uint8Array): JsonValue {
  const text = fromUtf8(bytes)
  const value = parseJson(text)
  const sorted = checkRestrictions(value, 0)
  // JSON.parse keeps the order of keys, so for canonical input JSON.stringify gives the same text back, save
  // where keys look like array indexes: the runtime moves those first. Then, or when strings may hold a lone
  // surrogate (text that was UTF-8 can only hold one as an escape), we serialise ourselves.
  const same =
    sorted && !text.includes('\\ud')
      ? JSON.stringify(value) === text
      : canonicalText(value) === text
  if (!same) {
    throw new EvidenceError('not-canonical', 'JSON that is not in its canonical form (RFC 8785)')
  }
  return value
}

/** JSON.parse, typed, with our error. A key `__proto__` becomes an ordinary own property. */
function parseJson(text: string): JsonValue {
  try {
    // The one place where the runtime's `any` becomes our type: it is what JSON.parse can return.
    const parse: (text: string) => JsonValue = JSON.parse
    return parse(text)
  } catch (cause) {
    throw new EvidenceError('malformed-json', 'not JSON', { cause })
  }
}

/**
 * Throws unless formats.md section 1 allows the numbers and the nesting; `level` counts the arrays and objects
 * around the value. Returns whether every object's keys are in RFC 8785 order as they stand.
 */
function checkRestrictions(value: JsonValue, level: number): boolean {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      throw new EvidenceError('not-canonical', `the number ${value} is not a safe integer`)
    }
    return true
  }
  if (typeof value !== 'object' || value === null) {
    if (typeof value !== 'string' && !isLiteral(value)) throw withoutForm(value)
    return true
  }
  if (level === maximumNesting) {
    throw new EvidenceError('not-canonical', `nested deeper than ${maximumNesting} levels`)
  }
  let sorted = true
  if (isJsonArray(value)) {
    for (const item of value) sorted = checkRestrictions(item, level + 1) && sorted
    return sorted
  }
  let previous = ''
  for (const key of Object.keys(value)) {
    // JavaScript compares strings by UTF-16 code units, which is the order of RFC 8785 section 3.2.3.
    if (key < previous) sorted = false
    previous = key
    const item = value[key]
    if (typeof item === 'string') continue
    if (item === undefined) throw new EvidenceError('not-canonical', `"${key}" has no value`)
    sorted = checkRestrictions(item, level + 1) && sorted
  }
  return sorted
}

/**
 * RFC 8785 in general, floats allowed: for anything that is not one of our formats. NaN, infinities, lone
 * surrogates and what JSON can't say (undefined, functions) are an EvidenceError 'not-canonical'.
 */
export function canonicalText(value: JsonValue): string {
  if (isJsonArray(value)) return `[${value.map(canonicalText).join(',')}]`
  if (isJsonObject(value)) {
    const members = Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${canonicalText(key)}:${canonicalText(item)}`)
    return `{${members.join(',')}}`
  }
  if (typeof value === 'string') checkWellFormed(value)
  else if (typeof value === 'number' ? !Number.isFinite(value) : !isLiteral(value)) {
    throw withoutForm(value)
  }
  // Numbers and strings: RFC 8785 is defined as what ECMAScript's serialiser writes.
  return JSON.stringify(value)
}

/** A lone surrogate can come out of an escape such as `\ud800`, which is why UTF-8 alone doesn't exclude it. */
function checkWellFormed(text: string): void {
  if (!text.isWellFormed()) {
    throw new EvidenceError('not-canonical', 'a string with a lone surrogate')
  }
}

/** Guards against callers that come around the type. */
function isLiteral(value: unknown): value is null | boolean {
  return value === null || typeof value === 'boolean'
}

function withoutForm(value: unknown): EvidenceError {
  return new EvidenceError('not-canonical', `${String(value)} has no JSON form`)
}
