export * from './blocks.ts'
export * from './bytes.ts'
export * from './checkpoint.ts'
export * from './commitment.ts'
export * from './cosignature.ts'
export * from './crypto.ts'
export * from './errors.ts'
export * from './head-log.ts'
export * from './jcs.ts'
export * from './merkle.ts'
export * from './merkle-proofs.ts'
export * from './merkle-verification.ts'
export * from './note.ts'
export * from './proof.ts'
export * from './signatures.ts'
export * from './verdict.ts'
export * from './vkey.ts'
export * from './audit-receipt.ts'
export * from './lat.ts'
export * from './seal-blocks.ts'
export * from './cms/detached-signature.ts'
export { signerCertificate } from './cms/signed-data.ts'
export { sealRole } from './cms/seal-role.ts'
export { verifyPath, type PathVerification } from './x509/path.ts'
export * from './receipt.ts'
export * from './seal.ts'
export * from './segment.ts'
export * from './statement.ts'
export * from './trace.ts'
export * from './journal/finding.ts'
export * from './journal/segment-verification.ts'
export * from './journal/sides.ts'
export * from './journal/state.ts'
export * from './journal/verifier.ts'
export { parseCertificate, type AuthorityCertificate } from './x509/certificate.ts'
export { parseToken, type Token } from './timestamp/token.ts'
export * from './timestamp/verification.ts'
export * from './dating/group.ts'
export { datingEntry, type DatedToken, type Dating } from './dating/entries.ts'
export { renewalEntry, type TokenRenewal } from './dating/renewal-entries.ts'
export {
  algorithmOf,
  formatEvidenceRecord,
  parseEvidenceRecord,
  type ArchiveTimeStamp,
  type ArchiveTimeStampChain,
  type EvidenceRecord,
  type ReducedHashTree,
} from './evidence-record/record.ts'
export { buildHashTree, type HashTree } from './evidence-record/hash-tree.ts'
export {
  firstRecord,
  hashTreeRenewalHashes,
  lastAlgorithm,
  renewed,
  timeStampRenewalHash,
  type Renewal,
  type RenewalKind,
} from './evidence-record/renewal.ts'
export { recordLinks, type RecordLink } from './evidence-record/links.ts'
export {
  verifyEvidenceRecord,
  type RecordExpectation,
  type RecordTimeStamp,
  type RecordVerification,
} from './evidence-record/verification.ts'
export { retirementOf, type Retirements } from './evidence-record/retirement.ts'
export { verifyOutsideToken, type OutsideToken } from './timestamp/outside-token.ts'
export * from './revocation/verification.ts'
export { parseRevocationList } from './revocation/list.ts'
export * from './lat-verification.ts'
export * from './anchors.ts'
export * from './bundle/entries.ts'
export { destructionEntries, type DestructionInput } from './bundle/destruction.ts'
export { depositedObject } from './bundle/deposit.ts'
export { parseManifest, formatManifest, type Manifest } from './bundle/manifest.ts'
export { documentName, entryName } from './bundle/names.ts'
export { parseOpenings, formatOpenings, type Openings } from './bundle/openings.ts'
export * from './bundle/report.ts'
export { memorySource, type BundleSource } from './bundle/source.ts'
export * from './bundle/verification.ts'
export type { BundleOptions } from './bundle/under-check.ts'
export {
  formatListing,
  parseListing,
  type CollectionEntry,
  type Listing,
  type Omission,
} from './collection/listing.ts'
export { bundleEntryName, collectionEntry } from './collection/names.ts'
export { collectionReadme } from './collection/readme.ts'
export * from './collection/report.ts'
export * from './collection/verification.ts'
export { readme } from './bundle/readme.ts'
export { verifyScript } from './bundle/verify-script.ts'
export * from './pem.ts'
