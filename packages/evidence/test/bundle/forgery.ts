import {
  canonicalBytes,
  entryName,
  isJsonObject,
  parseCanonical,
  toHex,
  type BundleEntry,
  type JsonObject,
} from '../../src/index.ts'
import { testCrypto } from '../test-crypto.ts'

// What a forger does to a bundle: changes parts, and states their digests in the manifest.

export function bytesIn(bundle: readonly BundleEntry[], name: string): Uint8Array {
  const found = bundle.find((entry) => entry.name === name)
  if (found === undefined) throw new Error(`no entry ${name}`)
  return found.bytes
}

export function jsonOf(bytes: Uint8Array): JsonObject {
  const value = parseCanonical(bytes)
  if (!isJsonObject(value)) throw new Error('not an object')
  return value
}

/** The bundle with other bytes in an entry's place. */
export function forged(
  bundle: readonly BundleEntry[],
  name: string,
  bytes: Uint8Array,
): BundleEntry[] {
  return relisted(bundle.map((entry) => (entry.name === name ? { name, bytes } : entry)))
}

/** The bundle with a manifest that lists what is there. @param changes members of the manifest */
export function relisted(bundle: readonly BundleEntry[], changes: JsonObject = {}): BundleEntry[] {
  const listed = bundle.filter(
    ({ name }) => name !== entryName.manifest && !name.startsWith('document/'),
  )
  const manifest = canonicalBytes({
    ...jsonOf(bytesIn(bundle, entryName.manifest)),
    entries: listed.map(({ name, bytes }) => ({
      name,
      sha256: toHex(testCrypto.hash('sha256', bytes)),
    })),
    ...changes,
  })
  return bundle.map((entry) =>
    entry.name === entryName.manifest ? { name: entry.name, bytes: manifest } : entry,
  )
}
