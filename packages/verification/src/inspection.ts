import {
  isCollection,
  verifyBundle,
  verifyCollection,
  type Anchors,
  type BundleOptions,
  type BundleReport,
  type CollectionReport,
  type EvidenceCrypto,
} from '@probant/evidence'
import { bundleJson, bundleText } from './bundle-report.ts'
import { collectionJson, collectionText } from './collection-report.ts'
import type { Language } from './words/index.ts'
import type { ZipBundle } from './zip-bundle.ts'

/** What came of a zip: one bundle, or a collection of them. */
export type Inspection =
  | { readonly kind: 'bundle'; readonly report: BundleReport }
  | { readonly kind: 'collection'; readonly report: CollectionReport }

/** Verifies a zip as what it claims to be. */
export async function inspect(
  crypto: EvidenceCrypto,
  zip: ZipBundle,
  anchors: Anchors,
  options: BundleOptions,
): Promise<Inspection> {
  return isCollection(zip)
    ? { kind: 'collection', report: await verifyCollection(crypto, zip, anchors, options) }
    : { kind: 'bundle', report: await verifyBundle(crypto, zip, anchors, options) }
}

/** The report for machines. */
export function reportJson({ kind, report }: Inspection): string {
  return kind === 'bundle' ? bundleJson(report) : collectionJson(report)
}

/** The report for people. */
export function reportText(file: string, { kind, report }: Inspection, language: Language): string {
  return kind === 'bundle'
    ? bundleText(file, report, language)
    : collectionText(file, report, language)
}
