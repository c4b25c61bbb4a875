import type { Block, Commitment, JsonObject, Sha3Chain } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { CheckpointRow } from '../store/journal.ts'
import type { ActRows } from '../store/rows.ts'

export type Outcome = 'done' | 'refused' | 'failed'

/**
 * One act on its way into the journal. The sequencer adds origin, sequence number, times and the hash of the trace before.
 * Act and trace are committed together or not at all.
 */
export interface Act {
  readonly act: string
  readonly outcome: Outcome
  readonly vault?: string
  readonly object?: string
  readonly objectCommitment?: Commitment
  /** Identifier of the user, committed to with a fresh salt; the box itself when absent. */
  readonly actorId?: string
  /** Personal values that the trace may only commit to, each with a fresh salt, under its own name in `data`. */
  readonly hidden?: Readonly<
    Partial<Record<'address' | 'grounds' | 'holder' | 'operator' | 'user', string>>
  >
  readonly data?: JsonObject
  readonly blocks?: readonly Block[]
  /** Rows that belong to the act, inserted for the whole batch at once. */
  readonly rows?: (recorded: { seq: number; timeMs: number }) => ActRows
  /** Changes that may be refused by the database (a name already taken): run alone under a savepoint; if it throws, only this act fails. */
  readonly apply?: (client: Client, at: { readonly seq: number }) => Promise<void>
  /** For acts whose data depends on the journal as it stands when they are written (seals). */
  readonly dataAt?: (before: Sha3Chain) => JsonObject
}

/** An act whose trace is covered by a durable signed checkpoint. */
export interface RecordedAct {
  readonly seq: number
  readonly timeMs: number
  readonly trace: Uint8Array
  /** The durable checkpoint that covers the trace. */
  readonly checkpoint: CheckpointRow
}
