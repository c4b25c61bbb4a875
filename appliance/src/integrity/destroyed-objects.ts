import type { Queryable } from '../store/journal.ts'
import {
  destructionTraces,
  revivedObjects,
  tombstoneSeqs,
  tombstonesWithTraces,
} from '../store/destruction.ts'
import { readableTrace } from './readable-trace.ts'
import type { StoreFinding } from './store-finding.ts'

/**
 * What the journal's traces of destructions make of what was found before them: a deposit that has no object any more is in order then, and
 * an object that has one again is not, nor is one without its tombstone.
 */
export async function afterDestructions(
  client: Queryable,
  traces: readonly { readonly bytes: Uint8Array }[],
  before: readonly StoreFinding[],
): Promise<readonly StoreFinding[]> {
  const destroyed = new Map(traces.flatMap(({ bytes }) => destructionOf(bytes)))
  if (destroyed.size === 0) return before
  const ids = [...destroyed.keys()]
  const revived = await revivedObjects(client, ids)
  const tombstones = await tombstoneSeqs(client, ids)
  const finding = (object: string, kind: StoreFinding['kind'], what: string) => ({
    ...{ kind, object, what },
    seq: destroyed.get(object) ?? 0,
  })
  return [
    ...before.filter(({ object }) => !destroyed.has(object)),
    ...[...revived].map((id) =>
      finding(id, 'destroyed-key-revived', 'it was destroyed, and its key or what it hid is back'),
    ),
    ...ids
      .filter((id) => tombstones.get(id) !== destroyed.get(id))
      .map((id) =>
        finding(id, 'metadata-altered', 'it was destroyed, and nothing says so any more'),
      ),
  ]
}

/** Missing objects, without those that were destroyed by a trace that the pass did not reach. */
export async function withoutDestroyed(
  client: Queryable,
  findings: readonly StoreFinding[],
  fromSeq: number,
): Promise<readonly StoreFinding[]> {
  if (findings.length === 0) return findings
  const ids = findings.map(({ object }) => object)
  const later = await destructionTraces(client, ids, fromSeq)
  const destroyed = new Map(later.flatMap(({ bytes }) => destructionOf(bytes)))
  return findings.filter(({ object }) => !destroyed.has(object))
}

/** Tombstones of objects that no trace says were destroyed: whoever sets one hides the object. */
export async function strayTombstones(client: Queryable): Promise<StoreFinding[]> {
  const findings: StoreFinding[] = []
  for (let after = -1; ;) {
    const page = await tombstonesWithTraces(client, after, TOMBSTONES_AT_ONCE)
    for (const { id, seq, bytes } of page)
      if (bytes === null || destructionOf(bytes)[0]?.[0] !== id)
        findings.push({
          ...{ kind: 'metadata-altered', object: id, seq },
          what: 'it is said to be destroyed, which its trace does not say',
        })
    const last = page.at(-1)
    if (last === undefined || page.length < TOMBSTONES_AT_ONCE) return findings
    after = last.seq
  }
}

/** Whether the journal says of an object that it was destroyed. */
export async function wasDestroyed(client: Queryable, id: string): Promise<boolean> {
  const traces = await destructionTraces(client, [id], 0)
  return traces.some(({ bytes }) => destructionOf(bytes).length > 0)
}

const TOMBSTONES_AT_ONCE = 1000
const DESTROY = Buffer.from('"act":"destroy"')

function destructionOf(bytes: Uint8Array): [string, number][] {
  // Most traces are of other acts; only a likely one is parsed.
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(DESTROY)) return []
  const trace = readableTrace(bytes)
  return trace?.act === 'destroy' && trace.outcome === 'done' && trace.object !== null
    ? [[trace.object, trace.seq]]
    : []
}
