import { Type, type Static } from 'typebox'

/** What each component's `initialise` prints: its public identity, and the token of its first administrator. */
export const boxIdentitySchema = Type.Object({
  boxId: Type.String(),
  origin: Type.String(),
  /** vkey of the journal's checkpoints (docs/formats.md section 6). */
  journalKey: Type.String(),
  /** SPKI PEM. */
  latKey: Type.String(),
  /** X.509 PEM of the root of the box's own time-stamping authority. */
  tsaRoot: Type.String(),
  adminToken: Type.String(),
})

export const centreIdentitySchema = Type.Object({
  /** vkeys of types 0x04 and 0x06. */
  witnessKeys: Type.Array(Type.String()),
  /** vkey of type 0x01. */
  auditKey: Type.String(),
  /** Base64 of the SSH public key blob. */
  sshHostKey: Type.String(),
  /** vkey of the centre's own chained journal. */
  alertJournalKey: Type.String(),
  supervisionToken: Type.String(),
  operator: Type.Object({ user: Type.String(), password: Type.String() }),
})

export const agentIdentitySchema = Type.Object({ sshPublicKey: Type.String() })

export type BoxIdentity = Static<typeof boxIdentitySchema>
export type CentreIdentity = Static<typeof centreIdentitySchema>
export type AgentIdentity = Static<typeof agentIdentitySchema>
