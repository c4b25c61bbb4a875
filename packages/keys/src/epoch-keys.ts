import { concat, lengthPrefixed, utf8 } from '@probant/evidence'
import type { Randomness } from '@probant/host'
import type { VaultPlace } from './enclosed-keys.ts'
import { KeyError } from './errors.ts'
import type { KeyProvider, KeyRef } from './provider.ts'
import { openSealed, seal, type EnclosingKey } from './sealed-bytes.ts'

const EPOCH_KEY = 'probant/epoch-key/v1'
const VAULT_KEY = 'probant/vault-key/v2'

/** The epoch that an epoch key belongs to; a box counts its epochs from 1. */
export interface EpochPlace {
  readonly boxId: string
  readonly epoch: number
}

/** Where a vault key is at home: its generation counts from 1 in each vault. */
export interface VaultKeyPlace extends VaultPlace, EpochPlace {
  readonly generation: number
}

/**
 * Encloses an epoch's key under the hardware root, and sees that it opens again: what can't be opened must never replace what can.
 * @param key 32 bytes
 * @throws KeyError of the provider; `altered` when the device doesn't give back what it enclosed
 */
export async function encloseEpochKey(
  provider: KeyProvider,
  root: KeyRef,
  key: Uint8Array,
  place: EpochPlace,
): Promise<Uint8Array> {
  const enclosed = await provider.enclose(root, key, epochData(place))
  const opened = await openEpochKey(provider, root, enclosed, place)
  const isSame = Buffer.from(key).equals(opened)
  opened.fill(0)
  if (!isSame) throw new KeyError('altered', 'the device does not give back what it enclosed')
  return enclosed
}

/** @throws KeyError `altered` when the bytes are changed or of another epoch; those of the provider */
export async function openEpochKey(
  provider: KeyProvider,
  root: KeyRef,
  enclosed: Uint8Array,
  place: EpochPlace,
): Promise<Uint8Array> {
  const key = await provider.open(root, enclosed, epochData(place))
  if (key.length !== 32) throw new KeyError('altered', 'the enclosed bytes are no epoch key')
  return key
}

/**
 * A vault's key under its epoch's (docs/formats.md section 11): opens for that vault, generation and epoch alone.
 * @param key 32 bytes
 * @throws KeyError `wrong-size`
 */
export function sealVaultKey(
  epochKey: EnclosingKey,
  key: Uint8Array,
  place: VaultKeyPlace,
  randomness: Randomness,
): Uint8Array {
  if (key.length !== 32) throw new KeyError('wrong-size', 'a vault key has 32 bytes')
  return seal(epochKey, key, vaultKeyData(place), randomness)
}

/** @throws KeyError `altered` when the bytes are changed, under another epoch's key, or of another place */
export function openSealedVaultKey(
  epochKey: EnclosingKey,
  sealed: Uint8Array,
  place: VaultKeyPlace,
): Uint8Array {
  const key = openSealed(epochKey, sealed, vaultKeyData(place))
  if (key.length !== 32) throw new KeyError('altered', 'the sealed bytes are no vault key')
  return key
}

const tagged = (...fields: readonly string[]) =>
  concat(...fields.map((field) => lengthPrefixed(utf8(field))))

const epochData = ({ boxId, epoch }: EpochPlace) => tagged(EPOCH_KEY, boxId, String(epoch))

const vaultKeyData = ({ boxId, vault, generation, epoch }: VaultKeyPlace) =>
  tagged(VAULT_KEY, boxId, vault, String(generation), String(epoch))
