import type { Anchors } from '../anchors.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import type { Checks } from './checks.ts'
import type { Measure } from './documents.ts'
import type { Manifest } from './manifest.ts'
import type { BundleSource } from './source.ts'

/** A bundle whose entries are listed and readable, and what it is checked with. */
export interface BundleUnderCheck {
  readonly crypto: EvidenceCrypto
  readonly source: BundleSource
  readonly manifest: Manifest
  readonly anchors: Anchors
  readonly checks: Checks
  /** The verifier's time; undefined: nothing has ended or was retired since it was made. */
  readonly atMs: number | undefined
}

export interface BundleOptions {
  /** A file that should be one of the bundle's documents. */
  readonly document?: AsyncIterable<Uint8Array> | undefined
  /** A file that may be one of them: it counts where it is, and nothing is wrong where it isn't. */
  readonly held?: Measure | undefined
  /** With cosignatures by fewer different witnesses, among those given, the answer is *can't tell*; 0 by default. */
  readonly requireWitnesses?: number | undefined
  /**
   * As of when ends of certificates and retirements (`retired.txt`) are judged, milliseconds since 1970; a whole second. Without it, as if
   * nothing had ended or been retired since the evidence was made.
   */
  readonly atMs?: number | undefined
}
