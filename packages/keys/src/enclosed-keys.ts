import { hash, timingSafeEqual } from 'node:crypto'
import type { Randomness } from '@probant/host'
import { concat, lengthPrefixed, utf8 } from '@probant/evidence'
import { KeyError } from './errors.ts'
import type { KeyProvider, KeyRef } from './provider.ts'
import { secretBytes } from './secret-bytes.ts'
import { openSealed, seal, type EnclosingKey } from './sealed-bytes.ts'

const dataKeyTag = 'probant/data-key/v1'
const vaultKeyTag = 'probant/vault-key/v1'
const fileAlgorithm = 'aes-256-gcm-stream'

/** The vault that a vault key belongs to. */
export interface VaultPlace {
  readonly boxId: string
  readonly vault: string
}

/** The object that a data key belongs to. */
export interface ObjectPlace extends VaultPlace {
  readonly object: string
}

/**
 * The enclosed form of an object's data key (docs/formats.md section 11), which opens only for the same box, vault and object:
 * swapping two rows of a database never opens one object with another's key.
 * @param vaultKey 32 bytes
 * @param dataKey 32 bytes
 * @throws KeyError `wrong-size`
 */
export function enclosedDataKey(
  vaultKey: EnclosingKey,
  dataKey: Uint8Array,
  place: ObjectPlace,
  randomness: Randomness,
): Uint8Array {
  if (dataKey.length !== 32) throw new KeyError('wrong-size', 'a data key has 32 bytes')
  const bound = secretBytes(64)
  bound.set(dataKey)
  bound.set(placeDigest(place), 32)
  try {
    return seal(vaultKey, bound, utf8(dataKeyTag), randomness)
  } finally {
    bound.fill(0)
  }
}

/**
 * @returns 32 bytes, the only copy: the caller overwrites them after use
 * @throws KeyError `altered` when the bytes are changed, of another vault key, or of another place
 */
export function openDataKey(
  vaultKey: EnclosingKey,
  enclosed: Uint8Array,
  place: ObjectPlace,
): Uint8Array {
  const opened = openSealed(vaultKey, enclosed, utf8(dataKeyTag))
  const bound = opened.subarray(32)
  if (opened.length !== 64 || !timingSafeEqual(bound, placeDigest(place))) {
    opened.fill(0)
    throw new KeyError('altered', 'the enclosed data key belongs to another object')
  }
  return opened.subarray(0, 32)
}

function placeDigest({ boxId, vault, object }: ObjectPlace): Uint8Array {
  const fields = [dataKeyTag, boxId, vault, object, fileAlgorithm]
  return hash('sha256', concat(...fields.map((field) => lengthPrefixed(utf8(field)))), 'buffer')
}

/**
 * Encloses a vault's key under a wrapping key, as boxes kept it before they had epochs: after a change of hardware.
 * @throws KeyError of the provider
 */
export function encloseVaultKey(
  provider: KeyProvider,
  wrappingKey: KeyRef,
  key: Uint8Array,
  place: VaultPlace,
): Promise<Uint8Array> {
  return provider.enclose(wrappingKey, key, vaultData(place))
}

/**
 * A vault's key as boxes kept it before they had epochs: enclosed by the hardware root itself.
 * @throws KeyError `altered` when the bytes are changed or of another vault; those of the provider
 */
export async function openVaultKey(
  provider: KeyProvider,
  wrappingKey: KeyRef,
  enclosed: Uint8Array,
  place: VaultPlace,
): Promise<Uint8Array> {
  const key = await provider.open(wrappingKey, enclosed, vaultData(place))
  if (key.length !== 32) throw new KeyError('altered', 'the enclosed bytes are no vault key')
  return key
}

function vaultData({ boxId, vault }: VaultPlace): Uint8Array {
  return concat(...[vaultKeyTag, boxId, vault].map((field) => lengthPrefixed(utf8(field))))
}
