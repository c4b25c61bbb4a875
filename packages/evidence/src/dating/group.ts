import { concat } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import { inOrder } from '../evidence-record/hash-tree.ts'

/** What an outside token is over. */
export interface DatedGroup {
  /** The two SHA-512 digests, in ascending order, one after the other: what `openssl ts -verify -data` takes. */
  readonly bytes: Uint8Array
  /** SHA-512 of these: the message imprint. */
  readonly imprint: Uint8Array
}

/**
 * The group of two of RFC 4998 section 4.2 that dates a journal: the checkpoint's file as the box signed it, before any cosignature, and
 * the newest seal's trace, whose SHA3-256 root is thereby dated without SHA-256.
 */
export function datedGroup(hashing: Hashing, checkpoint: Uint8Array, seal: Uint8Array): DatedGroup {
  const digests = [checkpoint, seal].map((each) => hashing.hash('sha512', each))
  const bytes = concat(...inOrder(digests))
  return { bytes, imprint: hashing.hash('sha512', bytes) }
}
