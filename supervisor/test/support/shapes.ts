import { Type, type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'

const Words = Type.Object({ fr: Type.String(), en: Type.String() })
const Digest = Type.Union([Type.String(), Type.Null()])

export const FindingShape = Type.Object({
  id: Type.String(),
  kind: Type.String(),
  seq: Type.Union([Type.Integer(), Type.Null()]),
  raisedAt: Type.String(),
  sentence: Words,
  cause: Words,
  action: Words,
  expected: Type.String(),
  found: Type.String(),
  sides: Type.Object({ expected: Words, found: Words }),
  evidence: Type.Object({ expected: Digest, found: Digest }),
  resolvedAt: Type.Optional(Type.String()),
})
export type ShownFinding = Static<typeof FindingShape>

export const AlertShape = Type.Object({
  id: Type.String(),
  openedAt: Type.String(),
  severity: Type.String(),
  box: Type.Union([Type.String(), Type.Null()]),
  boxes: Type.Optional(
    Type.Object({
      count: Type.Integer(),
      silent: Type.Integer(),
      first: Type.Array(Type.String()),
    }),
  ),
  kind: Type.String(),
  kinds: Type.Array(Type.String()),
  sentence: Words,
  state: Type.String(),
  notifications: Type.Array(
    Type.Object({
      at: Type.String(),
      channel: Type.String(),
      outcome: Type.String(),
      reply: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})
export type ShownAlert = Static<typeof AlertShape>

/** What initialising a centre prints. */
export const IdentityShape = Type.Object({
  supervisionToken: Type.String(),
  operator: Type.Object({ user: Type.String(), password: Type.String() }),
  witnessKeys: Type.Array(Type.String()),
  auditKey: Type.String(),
  sshHostKey: Type.String(),
  alertJournalKey: Type.String(),
})

export const EntryShape = Type.Object({
  seq: Type.Integer(),
  time: Type.String(),
  act: Type.String(),
  outcome: Type.String(),
  data: Type.Record(Type.String(), Type.Unknown()),
})
export type ShownEntry = Static<typeof EntryShape>

export function PageOf<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), nextCursor: Type.Optional(Type.String()) })
}

/** An answer as its type says, or an error that names what differs. */
export function read<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  return Value.Parse(schema, value)
}
