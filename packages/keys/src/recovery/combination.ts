import { equalBytes, toHex } from '@probant/evidence'
import { combine } from 'shamir-secret-sharing'
import { KeyError } from '../errors.ts'
import { heldOut } from '../secret-bytes.ts'
import { privateKeysOf, publicKeysOf, type PrivateKeys } from './hybrid-kem.ts'
import { recoveryPublicKey, type RecoveryPublicKey } from './public-key.ts'
import { openRecoveryCopy, type CopyPlace } from './recovery-copy.ts'
import { keyHintOf, type Share } from './share.ts'

/** The private half, put together from enough shares, while it is needed. */
export interface RecoveryKey {
  readonly publicKey: RecoveryPublicKey
  /** The key that a copy holds, 32 bytes. @throws KeyError `wrong-key`, `altered` */
  open(copy: Uint8Array, place: CopyPlace): Uint8Array
}

/**
 * Puts the private half together.
 * @param id of the recovery key that it must be, where it is known; else the shares' own hint of it decides
 * @throws KeyError `share-of-another-key`, `share-repeated`, `too-few-shares`, `shares-disagree`, each naming the shares
 */
export async function combineShares(
  shares: readonly Share[],
  id?: Uint8Array,
): Promise<RecoveryKey> {
  const hint = id === undefined ? shares[0]?.keyHint : keyHintOf(id)
  checkTogether(shares, hint)
  const key = await tryShares(shares, id ?? hint)
  if (key !== undefined) return key
  const forged = await oddOne(shares, id ?? hint)
  throw new KeyError(
    'shares-disagree',
    forged === undefined
      ? 'these shares do not give their key: at least one was forged, with its checksum; with one share more it can be named'
      : `share ${forged.number} was forged, with its checksum: without it the others give their key`,
  )
}

function checkTogether(shares: readonly Share[], hint: Uint8Array | undefined): void {
  const numbers = new Set<number>()
  for (const { keyHint, number } of shares) {
    if (hint !== undefined && !equalBytes(keyHint, hint))
      throw new KeyError(
        'share-of-another-key',
        `share ${number} belongs to the recovery key ${toHex(keyHint)}…, not to ${toHex(hint)}…: it is of another box or an earlier ceremony`,
      )
    if (numbers.has(number))
      throw new KeyError('share-repeated', `share ${number} was given twice: it counts once`)
    numbers.add(number)
  }
  const needed = Math.max(2, ...shares.map(({ threshold }) => threshold))
  if (shares.length < needed)
    throw new KeyError(
      'too-few-shares',
      `${shares.length} of ${needed} shares: fewer than ${needed} say nothing of the key`,
    )
}

/** The key, if the shares give the one that is meant. */
async function tryShares(
  shares: readonly Share[],
  id: Uint8Array | undefined,
): Promise<RecoveryKey | undefined> {
  let seed: Uint8Array
  try {
    seed = heldOut(await combine(shares.map(({ value }) => value)))
  } catch {
    // Two shares with the same place on the curve: one of them isn't what was made.
    return undefined
  }
  try {
    const keys = privateKeysOf(seed)
    const publicKey = recoveryPublicKey(publicKeysOf(keys))
    const isIt = id !== undefined && equalBytes(publicKey.id.subarray(0, id.length), id)
    return isIt ? recoveryKey(keys, publicKey) : undefined
  } finally {
    seed.fill(0)
  }
}

function recoveryKey(keys: PrivateKeys, publicKey: RecoveryPublicKey): RecoveryKey {
  return {
    publicKey,
    open: (copy, place) => openRecoveryCopy(keys, publicKey.id, copy, place),
  }
}

/** With a share to spare: the one without which the others give the key. */
async function oddOne(
  shares: readonly Share[],
  id: Uint8Array | undefined,
): Promise<Share | undefined> {
  if (shares.length <= Math.max(...shares.map(({ threshold }) => threshold))) return undefined
  for (const share of shares)
    if (
      (await tryShares(
        shares.filter((other) => other !== share),
        id,
      )) !== undefined
    )
      return share
  return undefined
}
