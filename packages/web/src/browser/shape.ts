/** Reads a value of a known shape out of JSON, or throws: what a service answers is checked once, where it arrives. */
export type Shape<T> = (value: unknown, at: string) => T

/** The type that a shape reads. */
export type Shaped<S> = S extends Shape<infer T> ? T : never

/** The answer is not what this page was built for: usually a page older than the service. */
export class UnexpectedAnswer extends Error {
  constructor(at: string, expected: string) {
    super(`${at === '' ? 'answer' : at}: ${expected} expected`)
    this.name = 'UnexpectedAnswer'
  }
}

export const text: Shape<string> = (value, at) => {
  if (typeof value === 'string') return value
  throw new UnexpectedAnswer(at, 'text')
}

export const number: Shape<number> = (value, at) => {
  if (typeof value === 'number') return value
  throw new UnexpectedAnswer(at, 'number')
}

export const flag: Shape<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value
  throw new UnexpectedAnswer(at, 'true or false')
}

export const anything: Shape<unknown> = (value) => value

export function oneOf<const Names extends readonly string[]>(
  ...names: Names
): Shape<Names[number]> {
  return (value, at) => {
    const found = names.find((name) => name === value)
    if (found === undefined) throw new UnexpectedAnswer(at, names.join(' or '))
    return found
  }
}

export function list<T>(item: Shape<T>): Shape<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw new UnexpectedAnswer(at, 'list')
    return value.map((entry: unknown, index) => item(entry, `${at}/${index}`))
  }
}

/** Absent and null are the same to a page. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, at) => (value === undefined || value === null ? undefined : shape(value, at))
}

/** Fields that the page doesn't know are left out, so that a newer service can add some. */
export function record<Fields extends Record<string, Shape<unknown>>>(
  fields: Fields,
): Shape<{ [Name in keyof Fields]: Shaped<Fields[Name]> }>
export function record(fields: Record<string, Shape<unknown>>): Shape<Record<string, unknown>> {
  return (value, at) => {
    if (typeof value !== 'object' || value === null) throw new UnexpectedAnswer(at, 'object')
    const sent = new Map(Object.entries(value))
    return Object.fromEntries(
      Object.entries(fields).map(([name, shape]) => [name, shape(sent.get(name), `${at}/${name}`)]),
    )
  }
}

export interface ListPage<T> {
  items: T[]
  nextCursor: string | undefined
}

/** One page of a list (`{items, nextCursor?}`). */
export function pageOf<T>(item: Shape<T>): Shape<ListPage<T>> {
  const items = list(item)
  const cursor = optional(text)
  return (value, at) => {
    const page = record({ items: anything, nextCursor: anything })(value, at)
    return { items: items(page.items, `${at}/items`), nextCursor: cursor(page.nextCursor, at) }
  }
}
