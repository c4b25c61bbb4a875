import type { GivenMetadata } from '../deposit/deposit.ts'

/** What is known of an upload under way, beside its bytes. */
export interface UploadRecord {
  readonly id: string
  readonly userId: string
  readonly vaultId: string
  /** The object that it becomes: chosen at its creation, so that however often it is ended it is deposited once. */
  readonly objectId: string
  readonly lengthBytes: number
  readonly fileName: string
  readonly declaredType: string
  readonly idempotencyKey: string | null
  readonly metadata: GivenMetadata
  /** As it was sent, for those who ask how far it has come. */
  readonly sent: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly outcome: UploadOutcome | null
}

/** How it ended: the object that it is, or the reason why it is none. */
export type UploadOutcome =
  | { readonly state: 'deposited'; readonly objectId: string }
  | { readonly state: 'refused'; readonly reason: string }

export const recordBytes = (record: UploadRecord): Uint8Array => Buffer.from(JSON.stringify(record))

/** A record as this box wrote it: its bytes were authenticated. */
export const readRecord = (bytes: Uint8Array): UploadRecord =>
  JSON.parse(Buffer.from(bytes).toString('utf8')) as UploadRecord
