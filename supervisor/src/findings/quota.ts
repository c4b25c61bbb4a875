import { factAt, type Fact } from './fact.ts'

/** A box did more on one day than it may: said once a day and limit. */
export function overQuota(origin: string, limit: string, day: string): Fact {
  const fact = factAt(origin, 'oversized', null, limit, `more on ${day}`, { day })
  return { ...fact, key: `${origin}|quota|${limit}|${day}` }
}
