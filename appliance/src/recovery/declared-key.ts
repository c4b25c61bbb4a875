import { equalBytes, fromHex, parseTrace, toHex } from '@probant/evidence'
import { parseRecoveryPublicKey, type Quorum, type RecoveryPublicKey } from '@probant/keys'
import { BoxError } from '../errors.ts'
import type { Queryable } from '../store/journal.ts'
import { findRecoveryKey } from '../store/recovery-keys.ts'
import { declarations } from '../store/signing-keys.ts'

/** The recovery key that holds, with what its holders are told. */
export interface DeclaredKey extends Quorum {
  readonly publicKey: RecoveryPublicKey
  /** Hex of its id. */
  readonly id: string
}

/**
 * The recovery key that the journal declared last; undefined before a ceremony. Who may write the database must not be able to put
 * a key of their own in its place, so the journal's trace decides.
 * @throws BoxError `recovery-key-altered` when the database holds no such key
 */
export async function readDeclaredKey(client: Queryable): Promise<DeclaredKey | undefined> {
  const newest = (await declarations(client, 'recovery-key-declared')).at(-1)
  if (newest === undefined) return undefined
  const { data, seq } = parseTrace(newest)
  const { recoveryKey: id, threshold, shares } = data
  if (typeof id !== 'string' || typeof threshold !== 'number' || typeof shares !== 'number')
    throw altered(seq)
  const row = await findRecoveryKey(client, fromHex(id))
  if (row === undefined) throw altered(seq)
  const publicKey = parseRecoveryPublicKey(row.publicKey)
  if (!equalBytes(publicKey.id, fromHex(id))) throw altered(seq)
  return { publicKey, id: toHex(publicKey.id), threshold, shares }
}

const altered = (seq: number) =>
  new BoxError(
    'recovery-key-altered',
    'fatal',
    `the recovery key in the database is not the one that trace ${seq} declares`,
  )
