import type { JsonValue } from '@probant/evidence'
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
    return value.map((item, index) => reader(item, `${where}[${index}]`))
  }
}

/** What an object's members are read with: `optional` ones may be absent, unknown ones are refused. */
export interface Members<R, O> {
  required: { [K in keyof R]: Reader<R[K]> }
  optional?: { [K in keyof O]: Reader<O[K]> }
}

export function object<R, O = Record<never, never>>(
  members: Members<R, O>,
): Reader<R & { [K in keyof O]?: O[K] }> {
  const required = Object.entries<Reader<unknown>>(members.required)
  const optional = Object.entries<Reader<unknown>>(members.optional ?? {})
  const known = new Set([...required, ...optional].map(([name]) => name))
  return (value, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw malformed(where, 'an object')
    for (const name of Object.keys(value))
      if (!known.has(name)) throw malformed(`${where}.${name}`, 'no such member')
    const members: [string, unknown][] = []
    for (const [name, reader] of required)
      members.push([name, reader(value[name], `${where}.${name}`)])
    for (const [name, reader] of optional)
      if (Object.hasOwn(value, name)) members.push([name, reader(value[name], `${where}.${name}`)])
    return Object.fromEntries(members) as R & { [K in keyof O]?: O[K] }
  }
}
