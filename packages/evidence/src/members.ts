import { fromBase64, fromHex } from './bytes.ts'
import { parseCommitment, type Commitment } from './commitment.ts'
import { EvidenceError, type EvidenceErrorCode } from './errors.ts'
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from './jcs.ts'
import { present } from './present.ts'

const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const hexPattern = /^[0-9a-f]*$/

// The day read last: times of a journal follow each other, and the calendar is what takes time.
let lastDay = { text: '', startMs: Number.NaN }

/** Milliseconds since 1970 of a time written as formats.md section 3 wants it, else undefined. */
export function timeMs(text: string): number | undefined {
  if (!timePattern.test(text)) return undefined
  const day = text.slice(0, 10)
  if (day !== lastDay.text) lastDay = { text: day, startMs: startOfDay(day) }
  const hours = digits(text, 11)
  const minutes = digits(text, 14)
  const seconds = digits(text, 17)
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  const milliseconds = 10 * digits(text, 20) + text.charCodeAt(22) - 48
  const ms = lastDay.startMs + ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
  return Number.isNaN(ms) ? undefined : ms
}

/** NaN for days that don't exist: engines roll them over (30 February) or refuse them. */
function startOfDay(day: string): number {
  const startMs = Date.parse(`${day}T00:00:00.000Z`)
  return Number.isNaN(startMs) || !new Date(startMs).toISOString().startsWith(day)
    ? Number.NaN
    : startMs
}

/** The number of two digits at a place. */
function digits(text: string, at: number): number {
  return 10 * text.charCodeAt(at) + text.charCodeAt(at + 1) - 528
}

/**
 * The members of one object of format 1: exactly the names announced, each read with its type. Untrusted
 * JSON becomes a typed value through this and nothing else; every failure is an EvidenceError with the
 * code of the format being read, and names the member.
 */
export class Members {
  readonly where: string
  readonly #code: EvidenceErrorCode
  readonly #object: JsonObject

  constructor(
    value: JsonValue,
    code: EvidenceErrorCode,
    where: string,
    required: readonly string[],
    optional: readonly string[] = [],
  ) {
    this.where = where
    this.#code = code
    if (!isJsonObject(value)) throw this.#error('not an object')
    this.#object = value
    let found = 0
    for (const name of Object.keys(value)) {
      if (required.includes(name)) found++
      else if (!optional.includes(name)) {
        throw this.#error(`member ${JSON.stringify(name)} is unknown`)
      }
    }
    if (found === required.length) return
    const missing = present(required.find((name) => !Object.hasOwn(value, name)))
    throw this.#error(`member "${missing}" is missing`)
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#object, name)
  }

  /** The member as it is. */
  value(name: string): JsonValue {
    const value = this.#object[name]
    if (value === undefined) throw this.wrong(name, 'a value')
    return value
  }

  text(name: string, pattern?: RegExp): string {
    const value = this.value(name)
    if (typeof value !== 'string' || (pattern !== undefined && !pattern.test(value))) {
      throw this.wrong(name, pattern === undefined ? 'text' : `text like ${pattern.source}`)
    }
    return value
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.value(name)
    const choice = choices.find((each) => each === value)
    if (choice === undefined) throw this.wrong(name, `one of ${choices.join(', ')}`)
    return choice
  }

  integer(name: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.value(name)
    if (
      typeof value !== 'number' ||
      !Number.isSafeInteger(value) ||
      value < least ||
      value > most
    ) {
      throw this.wrong(name, 'an integer in its range')
    }
    return value
  }

  /** Lower-case hex of exactly so many bytes. */
  hex(name: string, lengthBytes: number): string {
    const value = this.value(name)
    if (typeof value !== 'string' || value.length !== lengthBytes * 2 || !hexPattern.test(value)) {
      throw this.wrong(name, `${lengthBytes} bytes in lower-case hex`)
    }
    return value
  }

  /** Hex of so many bytes each, decoded. */
  hexList(name: string, lengthBytes: number): Uint8Array[] {
    return this.list(name).map((item) => {
      if (typeof item !== 'string' || item.length !== lengthBytes * 2 || !hexPattern.test(item)) {
        throw this.wrong(name, `an array of hex digests of ${lengthBytes} bytes`)
      }
      return fromHex(item)
    })
  }

  uuid(name: string): string {
    return this.text(name, uuidPattern)
  }

  time(name: string): string {
    const value = this.text(name)
    if (timeMs(value) === undefined) throw this.wrong(name, 'a UTC time with milliseconds')
    return value
  }

  object(name: string): JsonObject {
    const value = this.value(name)
    if (!isJsonObject(value)) throw this.wrong(name, 'an object')
    return value
  }

  list(name: string): readonly JsonValue[] {
    const value = this.value(name)
    if (!isJsonArray(value)) throw this.wrong(name, 'an array')
    return value
  }

  /** SHA-256 and SHA3-256 side by side: digests and commitments alike. */
  pair(name: string): Commitment {
    return parseCommitment(this.value(name), `${this.where}.${name}`)
  }

  orNull<T>(name: string, read: (name: string) => T): T | null {
    return this.value(name) === null ? null : read(name)
  }

  /** The members of an object inside this one. */
  inner(name: string, required: readonly string[], optional: readonly string[] = []): Members {
    return new Members(this.value(name), this.#code, `${this.where}.${name}`, required, optional)
  }

  /** The members of each object of an array inside this one. */
  each(name: string, required: readonly string[], optional: readonly string[] = []): Members[] {
    return this.list(name).map(
      (item, at) =>
        new Members(item, this.#code, `${this.where}.${name}[${at}]`, required, optional),
    )
  }

  /** Padded base64, decoded. */
  base64(name: string): Uint8Array {
    try {
      return fromBase64(this.text(name))
    } catch (cause) {
      throw this.wrong(name, 'padded base64', cause)
    }
  }

  wrong(name: string, expected: string, cause?: unknown): EvidenceError {
    const where = `${this.where}.${name}`
    return new EvidenceError(this.#code, `"${name}" is not ${expected}`, { where, cause })
  }

  #error(what: string): EvidenceError {
    return new EvidenceError(this.#code, what, { where: this.where })
  }
}

/**
 * Refuses a `format` other than 1 before anything else is looked at: what a later format means can't be
 * told (`unknown-format`), a lower one never existed (`lower-format`), no number is the given code.
 */
export function requireFormat1(value: JsonValue, code: EvidenceErrorCode, where: string): void {
  const format = isJsonObject(value) ? value['format'] : undefined
  if (format === 1) return
  if (typeof format !== 'number') throw new EvidenceError(code, 'without a format', { where })
  throw format > 1
    ? new EvidenceError('unknown-format', `format ${format} is not known`, { where })
    : new EvidenceError('lower-format', `format ${format} never existed`, { where })
}
