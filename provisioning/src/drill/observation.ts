import { Type, type Static } from 'typebox'

/** A finding as the centre’s interface tells it, as far as the drill needs it. */
export const centreFinding = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  seq: Type.Union([Type.Integer(), Type.Null()]),
  expected: Type.String(),
  found: Type.String(),
})

export type CentreFinding = Static<typeof centreFinding>

/** Something that somebody noticed. */
export interface Observation {
  readonly kind: string
  readonly by: 'box' | 'centre' | 'holder'
  readonly seq: number | null
  readonly expected: string
  readonly found: string
}

export function seenByCentre({ kind, seq, expected, found }: CentreFinding): Observation {
  return { kind, by: 'centre', seq, expected, found }
}

/** Likewise, by the box or its agent. */
export function seenByBox({ kind, seq, expected, found }: Omit<CentreFinding, 'id'>): Observation {
  return { kind, by: 'box', seq, expected, found }
}

/** Where it is, for people. */
export function whereOf({ seq, found }: Observation): string {
  const object = /object ([0-9a-f-]{36})/.exec(found)?.[1]
  if (seq !== null) return object === undefined ? `trace ${seq}` : `trace ${seq}, object ${object}`
  return object === undefined ? 'the journal' : `object ${object}`
}

/** That an attack came to nothing: what had to hold, and what was seen to. */
export function outcome(
  kind: 'refused' | 'survived',
  by: Observation['by'],
  expected: string,
  found: string,
): Observation {
  return { kind, by, seq: null, expected, found }
}
