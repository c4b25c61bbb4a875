import type { Anchors } from '../anchors.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import type { Checks } from './checks.ts'
import type { Manifest } from './manifest.ts'
import type { BundleSource } from './source.ts'

/** A bundle whose entries are listed and readable, and what it is checked with. */
export interface BundleUnderCheck {
  readonly crypto: EvidenceCrypto
  readonly source: BundleSource
  readonly manifest: Manifest
  readonly anchors: Anchors
  readonly checks: Checks
}
