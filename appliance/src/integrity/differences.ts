import type { Finding, JsonObject } from '@probant/evidence'
import type { StoreFinding } from './store-finding.ts'

/** Objects that are named of one kind. */
const NAMED_OBJECTS = 20
/** Longest text of one side. */
const SIDE_LENGTH = 500

/**
 * What a trace of a recomputation says of each kind that was found: the first bad trace, the objects, and both sides of the first
 * contradiction. In the order of the kinds' names, so that the same differences give the same bytes.
 */
export function differences(
  journal: readonly Finding[],
  store: readonly StoreFinding[],
): JsonObject[] {
  const all = [
    ...journal.map(({ kind, seq, expected, found }) => ({
      kind,
      seq,
      expected,
      found,
      object: null,
    })),
    ...store.map(({ kind, seq, object, what }) => ({
      ...{ kind, seq, object },
      expected: 'the object as it was deposited',
      found: what,
    })),
  ]
  const kinds = [...new Set(all.map(({ kind }) => kind))].sort()
  return kinds.map((kind) => {
    const of = all.filter((each) => each.kind === kind)
    const seqs = of.flatMap(({ seq }) => seq ?? [])
    const firstBadSeq = seqs.length === 0 ? null : Math.min(...seqs)
    const first = of.find(({ seq }) => seq === firstBadSeq)
    const objects = [...new Set(of.flatMap(({ object }) => object ?? []))].slice(0, NAMED_OBJECTS)
    const side = (text = '') => text.slice(0, SIDE_LENGTH).toWellFormed()
    return {
      kind,
      firstBadSeq,
      objects,
      expected: side(first?.expected),
      found: side(first?.found),
    }
  })
}
