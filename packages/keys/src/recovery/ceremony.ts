import type { Randomness } from '@probant/host'
import { split } from 'shamir-secret-sharing'
import { KeyError } from '../errors.ts'
import { combineShares } from './combination.ts'
import { heldOut } from '../secret-bytes.ts'
import { privateKeysOf, publicKeysOf } from './hybrid-kem.ts'
import { recoveryPublicKey, type RecoveryPublicKey } from './public-key.ts'
import { keyHintOf, type Share } from './share.ts'

/** A library of shares takes no fewer and no more. */
const FEWEST = 2
const MOST = 255

/** How many holders there are, and how many of them recover. */
export interface Quorum {
  readonly threshold: number
  readonly shares: number
}

/** @throws KeyError `wrong-size` unless 2 ≤ threshold ≤ shares ≤ 255 */
export function checkQuorum({ threshold, shares }: Quorum): void {
  const isOne =
    Number.isInteger(threshold) &&
    Number.isInteger(shares) &&
    threshold >= FEWEST &&
    threshold <= shares &&
    shares <= MOST
  if (!isOne)
    throw new KeyError(
      'wrong-size',
      `between ${FEWEST} and ${MOST} holders, and at least ${FEWEST} of them to recover, no more than there are`,
    )
}

/**
 * Makes a recovery key whose private half exists from here on only as shares. Every share is tried, together with others,
 * before this resolves. The caller wipes the shares' values once they are handed out.
 * @throws KeyError `wrong-size` for a quorum that can't be
 */
export async function newRecoveryKey(
  quorum: Quorum,
  randomness: Randomness,
): Promise<{ publicKey: RecoveryPublicKey; shares: Share[] }> {
  checkQuorum(quorum)
  const seed = randomness.bytes(32)
  try {
    const publicKey = recoveryPublicKey(publicKeysOf(privateKeysOf(seed)))
    const keyHint = keyHintOf(publicKey.id)
    const values = await split(seed, quorum.shares, quorum.threshold)
    const shares = values.map((value, at) => ({
      ...quorum,
      number: at + 1,
      keyHint,
      value: heldOut(value),
    }))
    for (const { number } of shares) {
      const group = Array.from(
        { length: quorum.threshold },
        (_, at) => (number + at) % quorum.shares,
      )
      await combineShares(
        group.flatMap((at) => shares[at] ?? []),
        publicKey.id,
      )
    }
    return { publicKey, shares }
  } finally {
    seed.fill(0)
  }
}
