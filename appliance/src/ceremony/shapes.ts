import { Type, type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'

const Copies = Type.Object({ vaults: Type.Integer(), copied: Type.Integer() })

const RecoveryState = Type.Object({
  box: Type.Object({ id: Type.String(), name: Type.String() }),
  recoveryKey: Type.Union([
    Type.Null(),
    Type.Object({ id: Type.String(), threshold: Type.Integer(), shares: Type.Integer() }),
  ]),
  vaults: Type.Integer(),
  copied: Type.Integer(),
})

const CeremonyBegun = Type.Object({ ceremony: Type.String() })

const reader =
  <S extends TSchema>(schema: S) =>
  (answer: unknown): Static<S> =>
    Value.Parse(schema, answer)

/** The answers of the console socket. @throws an error of the library for another shape */
export const readRecoveryState = reader(RecoveryState)
export const readCeremonyBegun = reader(CeremonyBegun)
export const readCopies = reader(Copies)
