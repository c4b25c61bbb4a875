import type { Manifest } from './manifest.ts'
import { entryLimit } from './names.ts'

/** A bundle as the verifier reads it: a zip opened by somebody else, who enforces its sizes. */
export interface BundleSource {
  /** Every entry, with the size that the container states for its content. */
  readonly entries: readonly { readonly name: string; readonly size: number }[]
  /** The whole of a small entry. EvidenceError `too-large` beyond the limit, `malformed-bundle` when it can't be read. */
  read(name: string, limit: number): Promise<Uint8Array>
  /** A document, piece by piece, never whole in memory. */
  stream(name: string): AsyncIterable<Uint8Array>
}

/** The whole of an entry other than a document, within its limit. */
export function readEntry(source: BundleSource, name: string): Promise<Uint8Array> {
  return source.read(name, entryLimit(name))
}

/** An entry that may be absent. */
export async function readIfListed(
  source: BundleSource,
  manifest: Manifest,
  name: string,
): Promise<Uint8Array | undefined> {
  const isListed = manifest.entries.some((entry) => entry.name === name)
  return isListed ? readEntry(source, name) : undefined
}

/** A source over entries held in memory. */
export function memorySource(
  entries: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): BundleSource {
  const byName = new Map(entries.map(({ name, bytes }) => [name, bytes]))
  const get = (name: string): Uint8Array => byName.get(name) ?? new Uint8Array(0)
  return {
    entries: entries.map(({ name, bytes }) => ({ name, size: bytes.length })),
    read: (name) => Promise.resolve(get(name)),
    stream: async function* (name) {
      yield await Promise.resolve(get(name))
    },
  }
}
