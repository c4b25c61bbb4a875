import { KeyError } from './errors.ts'

/** SPKI sizes and how much of their end is the key (RFC 8410 section 4, RFC 9881 section 4). */
const rawKeys = {
  ed25519: { spkiBytes: 44, keyBytes: 32 },
  'ml-dsa-44': { spkiBytes: 1334, keyBytes: 1312 },
} as const

/**
 * The raw key inside an SPKI, as vkeys and signature checks of these kinds take it.
 * @throws KeyError `wrong-size` when the SPKI can't be of that kind
 */
export function rawPublicKey(kind: 'ed25519' | 'ml-dsa-44', spki: Uint8Array): Uint8Array {
  const { spkiBytes, keyBytes } = rawKeys[kind]
  if (spki.length !== spkiBytes) throw new KeyError('wrong-size', `not the SPKI of an ${kind} key`)
  return spki.slice(spkiBytes - keyBytes)
}
