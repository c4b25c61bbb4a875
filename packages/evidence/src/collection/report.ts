import type { BundleCheck, BundleFacts, NotProved } from '../bundle/report.ts'
import type { Verdict } from '../verdict.ts'
import type { Listing } from './listing.ts'

/** The checks of a collection itself, in the order in which they are made; each of its bundles has its own. */
export const collectionCheckNames = [
  'collection-entries',
  'collection-digests',
  'collection-objects',
  'collection-document',
] as const

export type CollectionCheckName = (typeof collectionCheckNames)[number]

export interface CollectionCheck {
  readonly name: CollectionCheckName
  readonly verdict: Verdict
}

/** What came of one bundle of a collection. */
export interface CollectedObject {
  readonly object: string
  readonly verdict: Verdict
  /** The bundle's checks that were not valid; the bundle alone gives the whole report. */
  readonly open: readonly BundleCheck[]
  /** Undefined when not enough could be read. */
  readonly facts?: Pick<BundleFacts, 'receivedAt' | 'state' | 'documents'> & {
    readonly traces: number
  }
}

/** What a valid answer for a collection leaves open, besides what its bundles do. */
export type CollectionNotProved = NotProved | 'completeness' | 'omissions'

export interface CollectionReport {
  /** Invalid when anything in it is, *can't tell* when nothing is invalid and something can't be told. */
  readonly verdict: Verdict
  /** RFC 3339: the verifier's time, where one was given. */
  readonly at?: string
  readonly checks: readonly CollectionCheck[]
  /** Undefined when it could not be read. The box's own account. */
  readonly listing?: Pick<Listing, 'box' | 'vault' | 'selection' | 'journalSize' | 'omissions'>
  readonly objects: readonly CollectedObject[]
  readonly notProved: readonly CollectionNotProved[]
}
