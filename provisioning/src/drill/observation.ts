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

/** Where it is, for people. */
export function whereOf({ seq, found }: Observation): string {
  const object = /object ([0-9a-f-]{36})/.exec(found)?.[1]
  if (seq !== null) return object === undefined ? `trace ${seq}` : `trace ${seq}, object ${object}`
  return object === undefined ? 'the journal' : `object ${object}`
}
