import { findingKinds } from '@probant/evidence'
import { strictObject } from '@probant/web'
import { Type, type Static } from 'typebox'
import { storeFindingKinds } from './store-finding.ts'

const Size = Type.Integer({ minimum: 0 })

const JournalFinding = strictObject({
  kind: Type.Enum([...findingKinds]),
  seq: Type.Union([Size, Type.Null()]),
  expected: Type.String(),
  found: Type.String(),
  answer: Type.Enum(['invalid', 'cannot-tell']),
  range: Type.Optional(strictObject({ from: Size, to: Size })),
  since: Type.Optional(Type.String()),
})

const ObjectFinding = strictObject({
  kind: Type.Enum([...storeFindingKinds]),
  object: Type.String(),
  seq: Size,
  what: Type.String(),
})

/** How far a recomputation of journal and store got, with what it found so far. */
export const Position = strictObject({
  /** When the pass began. */
  begun: Type.String(),
  /** A checkpoint under which nothing is in doubt; `state` is the verifier's there, as JCS. */
  journal: strictObject({
    state: Type.String(),
    checkpoints: Size,
    findings: Type.Array(JournalFinding),
  }),
  /** `named` are the sizes that a trace named. */
  dating: strictObject({
    named: Type.Array(Size),
    tokens: Size,
    findings: Type.Array(JournalFinding),
  }),
  /** `named` are the renewals that a trace named. */
  renewals: strictObject({
    named: Type.Array(Size),
    records: Size,
    findings: Type.Array(JournalFinding),
  }),
  /** Nodes kept of the SHA3-256 tree that the traces below don't give. */
  sha3: Type.Array(JournalFinding),
  /** Likewise of the SHA-256 tree; absent in a position of an earlier version. */
  nodes: Type.Optional(Type.Array(JournalFinding)),
  /** Likewise of what stands beside the traces. */
  companions: Type.Optional(Type.Array(JournalFinding)),
  missing: Type.Array(ObjectFinding),
  /** `after` is the deposit trace of the last object that was recomputed; null while the journal is being read. */
  store: Type.Union([
    Type.Null(),
    strictObject({
      after: Type.Integer({ minimum: -1 }),
      objects: Size,
      findings: Type.Array(ObjectFinding),
    }),
  ]),
})

export type Position = Static<typeof Position>
export type JournalPosition = Position['journal']
export type DatingPosition = Position['dating']
export type RenewalPosition = Position['renewals']
export type StorePosition = NonNullable<Position['store']>
