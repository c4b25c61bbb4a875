/** A bundle as the verifier reads it: a zip opened by somebody else, who enforces its sizes. */
export interface BundleSource {
  /** Every entry, with the size that the container states for its content. */
  readonly entries: readonly { readonly name: string; readonly size: number }[]
  /** The whole of a small entry. EvidenceError `too-large` beyond the limit, `malformed-bundle` when it can't be read. */
  read(name: string, limit: number): Promise<Uint8Array>
  /** A document, piece by piece, never whole in memory. */
  stream(name: string): AsyncIterable<Uint8Array>
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
