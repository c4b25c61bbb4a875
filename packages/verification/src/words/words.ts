import type {
  BundleCheckName,
  CollectionCheckName,
  CollectionNotProved,
  FindingKind,
  Omission,
  ReceiptState,
  RecordTimeStamp,
  Verdict,
} from '@probant/evidence'
import type { Answer } from '../answer.ts'

/** Everything that the verifier says to people, in one language. */
export interface Words {
  readonly answer: Readonly<Record<Answer, string>>
  readonly headings: {
    readonly checks: string
    readonly facts: string
    readonly notProved: string
    readonly answer: string
  }
  /** Of one check. */
  readonly status: Readonly<Record<Verdict['status'], string>>
  readonly check: Readonly<Record<BundleCheckName, string>>
  /** What is missing when a check can't be made. */
  readonly missing: Readonly<Record<BundleCheckName, string>>
  readonly notProved: Readonly<Record<CollectionNotProved, string>>
  readonly fact: {
    readonly document: (n: string, size: number, type: string) => string
    readonly compared: Readonly<Record<'bundle' | 'given' | 'none', string>>
    readonly receivedAt: (time: string) => string
    readonly token: (time: string, authority: string, isIndependent: boolean) => string
    /** By whom a seal is, and whether that was verified. */
    readonly sealed: Readonly<
      Record<Verdict['status'], (subject: string, issuer: string) => string>
    >
    readonly witnessed: (time: string, name: string, algorithm: string) => string
    /** By an outside token, and whether it was verified. */
    readonly dated: Readonly<Record<Verdict['status'], (time: string, authority: string) => string>>
    /** A later link of the chain by which an outside token still holds. */
    readonly renewed: Readonly<
      Record<
        RecordTimeStamp['kind'],
        (time: string, authority: string, algorithms: string) => string
      >
    >
    /** Until when the newest of them holds. */
    readonly holdsUntil: (time: string) => string
    readonly datedBySha3: string
    /** A certificate that has ended, and whether what it signed was dated before. */
    readonly ended: Readonly<
      Record<'token' | 'seal', (name: string, end: string, isDatedBefore: boolean) => string>
    >
    readonly judgedAt: (time: string) => string
    readonly notRevoked: Readonly<Record<'checked' | 'unchecked', string>>
    readonly audited: (time: string, name: string, size: number) => string
    readonly state: Readonly<Record<ReceiptState, string>>
    readonly destroyed: (seq: number, time: string) => string
    readonly reason: (reason: string | null) => string
    readonly lastCopy: (time: string | null) => string
    readonly place: (box: string, vault: string, object: string) => string
    readonly depositor: (id: string | null) => string
    readonly journal: (origin: string, size: number) => string
    readonly act: (seq: number, act: string, outcome: string, time: string) => string
  }
  /** Of a collection of bundles. */
  readonly collection: {
    readonly check: Readonly<Record<CollectionCheckName, string>>
    /** Heading of the list of objects. */
    readonly objects: string
    readonly received: (time: string, state: ReceiptState) => string
    readonly isGiven: string
    readonly account: Readonly<
      Record<'vault' | 'objects', (box: string, vault: string, journalSize: number) => string>
    >
    readonly omitted: Readonly<
      Record<Omission['part'], Readonly<Record<Omission['reason'], (object: string) => string>>>
    >
    readonly summary: (counts: Readonly<Record<Verdict['status'], number>>) => string
  }
  /** Between a label and what it says. */
  readonly colon: string
  /** Sentences for the codes of invalid verdicts; without one the verifier's own sentence serves. */
  readonly reason: Readonly<Record<string, string>>
  readonly where: string
  readonly since: string
  readonly missingWord: string
  readonly detail: string
  readonly blocks: string
  readonly journal: {
    readonly covered: (origin: string, from: number, to: number) => string
    readonly beginningMissing: (start: number) => string
    readonly signed: (size: number) => string
    readonly witnessed: (size: number, name: string, time: string) => string
    readonly notWitnessed: string
    readonly first: (seq: string) => string
    readonly expected: string
    readonly found: string
    /** One side of a finding, which the verifier says in English. */
    readonly side: (text: string) => string
    readonly kind: Readonly<Partial<Record<FindingKind, string>>>
    readonly unreadable: (file: string, why: string) => string
  }
}
