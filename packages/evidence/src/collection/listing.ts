import { canonicalBytes, parseCanonical } from '../jcs.ts'
import { Members, requireFormat1 } from '../members.ts'

export type CollectionEntry = {
  readonly name: string
  readonly size: number
  readonly sha256: string
}

/** What somebody asked for and isn't there, by the box's own account. */
export type Omission = {
  readonly object: string
  /** The whole bundle, or its document alone. */
  readonly part: 'bundle' | 'document'
  /** Gone since it was asked for; or what the box stores of it was altered. */
  readonly reason: 'gone' | 'altered'
}

/** `collection.json` (formats.md section 21). Signed by nobody. */
export interface Listing {
  readonly format: 1
  readonly box: string
  readonly vault: string
  /** Every object of the vault whose deposit is among the journal's first `journalSize` traces, or some that were named. */
  readonly selection: 'vault' | 'objects'
  /** Traces that the journal had when the collection was begun. */
  readonly journalSize: number
  /** Every entry but this one, in order. */
  readonly entries: readonly CollectionEntry[]
  readonly omissions: readonly Omission[]
}

export function formatListing(listing: Listing): Uint8Array {
  const bytes = canonicalBytes({ ...listing })
  parseListing(bytes)
  return bytes
}

/** EvidenceError `malformed-bundle`, `unknown-format`. */
export function parseListing(bytes: Uint8Array): Listing {
  const value = parseCanonical(bytes)
  const where = 'collection.json'
  requireFormat1(value, 'malformed-bundle', where)
  const names = ['format', 'box', 'vault', 'selection', 'journalSize', 'entries', 'omissions']
  const members = new Members(value, 'malformed-bundle', where, names)
  return {
    format: 1,
    box: members.text('box'),
    vault: members.uuid('vault'),
    selection: members.oneOf('selection', ['vault', 'objects']),
    journalSize: members.integer('journalSize'),
    entries: members.each('entries', ['name', 'size', 'sha256']).map((entry) => ({
      name: entry.text('name'),
      size: entry.integer('size'),
      sha256: entry.hex('sha256', 32),
    })),
    omissions: members.each('omissions', ['object', 'part', 'reason']).map((omission) => ({
      object: omission.uuid('object'),
      part: omission.oneOf('part', ['bundle', 'document']),
      reason: omission.oneOf('reason', ['gone', 'altered']),
    })),
  }
}
