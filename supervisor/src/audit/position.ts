import { Type, type Static } from 'typebox'

const strict = { additionalProperties: false } as const
const Size = Type.Integer({ minimum: 0 })

const Difference = Type.Object(
  {
    place: Type.String(),
    seq: Type.Union([Size, Type.Null()]),
    expected: Type.String(),
    found: Type.String(),
  },
  strict,
)

/** What was recomputed of one journal. */
const Recomputed = Type.Object(
  { origin: Type.String(), traces: Size, segments: Size, heads: Size },
  strict,
)

/** How far an audit got, with what it found so far. */
export const Position = Type.Object(
  {
    /** When it began. */
    begun: Type.String(),
    /** Boxes that were asked for; none: all. */
    boxes: Type.Array(Type.String()),
    /** Origins that are done. */
    done: Type.Array(Recomputed),
    differences: Type.Array(Difference),
    /** The origin under way; `state` is the verifier's after so many segments, as JCS. */
    current: Type.Union([
      Type.Null(),
      Type.Object(
        { origin: Type.String(), state: Type.String(), segments: Size, heads: Size },
        strict,
      ),
    ]),
  },
  strict,
)

export type Position = Static<typeof Position>
export type OriginPosition = NonNullable<Position['current']>
export type RecomputedOrigin = Static<typeof Recomputed>
