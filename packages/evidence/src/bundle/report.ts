import type { ReceiptState } from '../receipt.ts'
import type { Digests } from '../statement.ts'
import type { RecordTimeStamp } from '../evidence-record/verification.ts'
import type { Verdict } from '../verdict.ts'

/** The checks of formats.md section 15, in the order in which they are made and reported. */
export const bundleCheckNames = [
  'entries',
  'entry-digests',
  'manifest',
  'statement',
  'box',
  'documents',
  'lat-tree',
  'lat-token',
  'lat-signature',
  'lat-seal',
  'openings',
  'deposit-trace',
  'inclusion',
  'destruction',
  'checkpoint',
  'cosignatures',
  'audit-receipt',
  'dating',
  'renewal',
  'blocks',
  'verify-script',
  'algorithms',
] as const

export type BundleCheckName = (typeof bundleCheckNames)[number]

export interface BundleCheck {
  readonly name: BundleCheckName
  readonly verdict: Verdict
  /** Whether the answer for the whole depends on it: what is only missing from a witness, for instance, does not. */
  readonly isDecisive: boolean
}

export interface DocumentFact {
  readonly name: string
  readonly size: number
  readonly mediaType: string
  readonly digests: Digests
  /** Against what its digests were compared; null when against nothing. */
  readonly compared: 'bundle' | 'given' | null
}

/** A cosignature that was verified with a key that the verifier gave. */
export interface WitnessFact {
  readonly name: string
  readonly algorithm: 'ed25519' | 'ml-dsa-44'
  /** RFC 3339, by the witness's clock. */
  readonly time: string
}

/** A token of an authority outside over the journal: independent of the box where it is valid. */
export interface DatingFact {
  readonly status: 'valid' | 'invalid' | 'cannot-tell'
  /** RFC 3339, by the authority's clock. */
  readonly time: string
  readonly authority: string
  /** OID. */
  readonly policy: string
  /** Whether the bundle shows that no certificate of it had been revoked. */
  readonly isRevocationChecked: boolean
  /** Through what it holds as of the verifier's time: the token itself, then what renewed it. */
  readonly chain: readonly RecordTimeStamp[]
}

/** A certificate that has ended by the verifier's time, after which what it signed is judged by when it was signed. */
export interface EndedFact {
  readonly signed: 'token' | 'seal'
  readonly name: string
  /** RFC 3339. */
  readonly end: string
  /** Whether a verified token of an authority outside shows that what it signed existed before. */
  readonly isDatedBefore: boolean
}

/** The reception token's time: the box's claim, unless its authority is one that the verifier gave as independent of the boxes. */
export interface TokenFact {
  /** RFC 3339. */
  readonly genTime: string
  readonly authority: string
  readonly isIndependent: boolean
}

/** A seal, by whom its certificate names; an authority that the verifier gave vouches for the name only when it is valid. */
export interface SealFact {
  readonly status: 'valid' | 'invalid' | 'cannot-tell'
  readonly subject: string
  readonly issuer: string
}

/** What the trace of a destruction says, to be believed as far as the checks went. */
export interface DestructionFact {
  readonly seq: number
  /** The box's own claim. */
  readonly time: string
  /** Null when it was erased. */
  readonly reason: string | null
  /** When the last copy of its key that a backup may hold opens no more, as planned; null where the box did not say. */
  readonly lastCopyExpires: string | null
}

/** What the bundle says, to be believed as far as the checks went. */
export interface BundleFacts {
  readonly box: string
  readonly origin: string
  readonly vault: string
  readonly object: string
  readonly documents: readonly DocumentFact[]
  /** The box's own claim. */
  readonly receivedAt: string
  /** Of the reception token. */
  readonly token: TokenFact | null
  /** By certificates of the client, over the same bytes as the box's signature. */
  readonly seals: readonly SealFact[]
  /** What was verified: `witnessed` only with a cosignature by a given witness key, `dated` only with a token of a given authority outside. */
  readonly state: ReceiptState
  /** Tokens of authorities outside, over a checkpoint that covers the deposit. */
  readonly datings: readonly DatingFact[]
  /** Whether these dates don't rest on SHA-256: the deposit's trace leads to the stamped seal by SHA3-256. */
  readonly isDatedBySha3: boolean
  readonly ended: readonly EndedFact[]
  readonly witnesses: readonly WitnessFact[]
  readonly checkpointSize: number
  readonly audit: { readonly name: string; readonly time: string; readonly size: number } | null
  /** The depositor's identifier; null when erased. */
  readonly depositor: string | null
  readonly hasMetadata: boolean
  /** Of a proof of destruction alone. */
  readonly destruction?: DestructionFact
  readonly traces: readonly {
    readonly seq: number
    readonly act: string
    readonly outcome: string
    readonly time: string
  }[]
}

/** What a valid answer still does not prove. */
export type NotProved =
  | 'document-not-compared'
  | 'no-witness'
  | 'time-is-the-boxes-claim'
  | 'seal-not-checked'
  | 'audit-root-not-compared'
  | 'blocks-not-checked'
  | 'blocks-ignored'
  | 'script-not-published'
  | 'later-acts-rest-on-retired'
  | 'attestation-is-the-boxes-word'
  | 'revocation-not-checked'
  | 'who-the-depositor-is'
  | 'truth-of-the-content'
  | 'what-happened-later'
  | 'copies-elsewhere'

export interface BundleReport {
  readonly verdict: Verdict
  /** RFC 3339: the verifier's time, where one was given. */
  readonly at?: string
  readonly checks: readonly BundleCheck[]
  /** Undefined when not enough could be read. */
  readonly facts?: BundleFacts
  readonly notProved: readonly NotProved[]
  /** Blocks that are not known, or known but not checked in this version. */
  readonly ignoredBlocks: readonly string[]
  readonly blocksNotChecked: readonly string[]
}
