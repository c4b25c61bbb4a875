import type { JsonObject, JsonValue } from '@probant/evidence'
import { ShippingError } from './errors.ts'

/** Turns an untrusted JSON value into a typed one or throws `malformed-message`, naming where. */
export type Reader<T> = (value: JsonValue | undefined, where: string) => T

export function malformed(where: string, expected: string): ShippingError {
  return new ShippingError('malformed-message', `${where}: expected ${expected}`)
}

export function text(maxLength: number, minLength = 0): Reader<string> {
  return (value, where) => {
    if (typeof value !== 'string' || value.length > maxLength || value.length < minLength)
      throw malformed(where, `a string of ${minLength} to ${maxLength} characters`)
    return value
  }
}

/** A string that matches the whole pattern. */
export function matching(pattern: RegExp, what: string): Reader<string> {
  return (value, where) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw malformed(where, what)
    return value
  }
}

export const origin = matching(/^[A-Za-z0-9./-]{1,200}$/, 'an origin')
export const hex32 = matching(/^[0-9a-f]{64}$/, '64 hex digits')

/** Base64 with its padding; not checked bit by bit, which who decodes it does. */
export function base64(maxLength: number): Reader<string> {
  return (value, where) => {
    const isBase64 =
      typeof value === 'string' &&
      value.length <= maxLength &&
      value.length % 4 === 0 &&
      /^[A-Za-z0-9+/]*={0,2}$/.test(value)
    if (!isBase64) throw malformed(where, `base64 of at most ${maxLength} characters`)
    return value
  }
}

export function integer(minimum = 0, maximum = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (value, where) => {
    if (
      typeof value !== 'number' ||
      !Number.isSafeInteger(value) ||
      value < minimum ||
      value > maximum
    )
      throw malformed(where, `an integer from ${minimum} to ${maximum}`)
    return value
  }
}

export function oneOf<const T extends string | number>(...values: T[]): Reader<T> {
  return (value, where) => {
    const found = values.find((one) => one === value)
    if (found === undefined) throw malformed(where, `one of ${values.join(', ')}`)
    return found
  }
}

export function nullable<T>(reader: Reader<T>): Reader<T | null> {
  return (value, where) => (value === null ? null : reader(value, where))
}

export function list<T>(reader: Reader<T>, maxItems: number): Reader<T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length > maxItems)
      throw malformed(where, `a list of at most ${maxItems}`)
    const items: readonly JsonValue[] = value
    return items.map((item, index) => reader(item, `${where}[${index}]`))
  }
}

/** How each member of an object is read. */
export type Readers<T> = { [K in keyof T]: Reader<T[K]> }

/** An object of exactly these members: unknown ones are refused. */
export function object<T>(required: Readers<T>): Reader<T> {
  return (value, where) => Object.fromEntries(readMembers(value, where, entries(required), [])) as T
}

/** The same with members that may be absent. */
export function objectWith<R, O>(
  required: Readers<R>,
  optional: Readers<O>,
): Reader<R & Partial<O>> {
  return (value, where) =>
    Object.fromEntries(readMembers(value, where, entries(required), entries(optional))) as R &
      Partial<O>
}

function entries<T>(readers: Readers<T>): [string, Reader<unknown>][] {
  return Object.entries<Reader<unknown>>(readers)
}

function readMembers(
  value: JsonValue | undefined,
  where: string,
  required: [string, Reader<unknown>][],
  optional: [string, Reader<unknown>][],
): [string, unknown][] {
  if (!isObject(value)) throw malformed(where, 'an object')
  const readers = [...required, ...optional.filter(([name]) => Object.hasOwn(value, name))]
  const known = new Set(readers.map(([name]) => name))
  for (const name of Object.keys(value))
    if (!known.has(name)) throw malformed(`${where}.${name}`, 'no such member')
  return readers.map(([name, reader]) => [
    name,
    reader(Object.hasOwn(value, name) ? value[name] : undefined, `${where}.${name}`),
  ])
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
