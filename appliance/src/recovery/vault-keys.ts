import {
  encloseVaultKey,
  KeyError,
  openVaultKey,
  type KeyProvider,
  type KeyRef,
  type RecoveryKey,
} from '@probant/keys'
import type { Queryable } from '../store/journal.ts'
import type { Journal } from '../journal/journal.ts'
import { allVaults, setEnclosedKey, type Vault } from '../store/vaults.ts'

export interface VaultRecovery {
  readonly database: Queryable
  readonly journal: Journal
  readonly keys: KeyProvider
  /** The new hardware's wrapping key. */
  readonly root: KeyRef
  readonly boxId: string
}

/** A vault whose key could not be had back, and why. */
export interface LostVault {
  readonly vault: string
  readonly what: string
}

/** Vaults whose key the hardware at hand doesn't open. */
export async function unopenedVaults(recovery: Omit<VaultRecovery, 'journal'>): Promise<Vault[]> {
  const { database, keys, root, boxId } = recovery
  const unopened: Vault[] = []
  for await (const vault of allVaults(database)) {
    const place = { boxId, vault: vault.id }
    const key = await openVaultKey(keys, root, vault.keyEnclosed, place).catch(notOurs)
    if (key === undefined) unopened.push(vault)
    key?.fill(0)
  }
  return unopened
}

/** Enclosed under another root, as far as the provider can tell; anything else, such as a device that is away, is no answer. */
function notOurs(error: unknown): undefined {
  if (error instanceof KeyError && (error.code === 'altered' || error.code === 'wrong-key')) return
  throw error
}

/**
 * Encloses the key of every vault that the new hardware doesn't open to it, from the copy that the holders open. One that can't be had
 * back is journalled as failed and doesn't keep the others.
 */
export async function recoverVaultKeys(
  recovery: VaultRecovery,
  recoveryKey: RecoveryKey,
): Promise<{ recovered: number; lost: LostVault[] }> {
  const lost: LostVault[] = []
  let recovered = 0
  for (const vault of await unopenedVaults(recovery)) {
    const what = await recoverOne(recovery, recoveryKey, vault)
    if (what === undefined) recovered += 1
    else lost.push({ vault: vault.id, what })
  }
  return { recovered, lost }
}

/** @returns why it could not be had back; undefined when it was */
async function recoverOne(
  { journal, keys, root, boxId }: VaultRecovery,
  recoveryKey: RecoveryKey,
  { id, recoveryCopy }: Vault,
): Promise<string | undefined> {
  const place = { boxId, vault: id }
  let key: Uint8Array
  try {
    if (recoveryCopy === null) throw new KeyError('not-found', 'the vault has no recovery copy')
    key = recoveryKey.open(recoveryCopy, place)
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    const data = { reason: error.code }
    await journal.record({ act: 'vault-key-recovered', outcome: 'failed', vault: id, data })
    return error.message
  }
  const enclosed = await encloseVaultKey(keys, root, key, place).finally(() => key.fill(0))
  await journal.record({
    act: 'vault-key-recovered',
    outcome: 'done',
    vault: id,
    data: { recoveryKey: Buffer.from(recoveryKey.publicKey.id).toString('hex') },
    apply: (client) => setEnclosedKey(client, id, enclosed),
  })
  return undefined
}
