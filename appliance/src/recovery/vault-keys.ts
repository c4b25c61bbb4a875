import {
  encloseEpochKey,
  encloseVaultKey,
  KeyError,
  openEpochKey,
  type KeyProvider,
  type RecoveryKey,
} from '@probant/keys'
import { toHex } from '@probant/evidence'
import type { Randomness } from '@probant/host'
import { BoxError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { Queryable } from '../store/journal.ts'
import { liveEpochs, setEpochKey, type KeyEpoch } from '../store/key-epochs.ts'
import { FIRST_ROOT, foundOrMadeRoot, VaultCiphers } from '../store/vault-ciphers.ts'
import { setEnclosedKey } from '../store/vault-keys.ts'
import { allVaults, keysOf, type StoredVaultKey, type Vault } from '../store/vaults.ts'
import type { CopyFolder } from './copies.ts'

export interface VaultRecovery {
  readonly database: Queryable
  readonly journal: Journal
  readonly copies: CopyFolder
  /** Of the new hardware. */
  readonly keys: KeyProvider
  readonly boxId: string
  readonly randomness: Randomness
}

/** A vault whose key could not be had back, and why. */
export interface LostVault {
  readonly vault: string
  readonly what: string
}

/**
 * Encloses the key of every live epoch that the new hardware doesn't open to it, from the copy that the holders open; and vault keys from
 * before there were epochs, each from its own copy. What can't be had back is journalled as failed and doesn't keep the rest.
 */
export async function recoverVaultKeys(
  recovery: VaultRecovery,
  recoveryKey: RecoveryKey,
): Promise<{ recovered: number; lost: LostVault[] }> {
  const { database } = recovery
  const before = await unopenedVaults(recovery)
  const why = new Map<number, string>()
  for (const epoch of await liveEpochs(database)) {
    const what = await recoverEpoch(recovery, recoveryKey, epoch)
    if (what !== undefined) why.set(epoch.number, what)
  }
  for await (const vault of allVaults(database))
    for (const key of keysOf(vault))
      if (key.epoch === 0) await recoverFirstKey(recovery, recoveryKey, vault, key)
  const after = await unopenedVaults(recovery)
  const lost = [...after].map(([vault, { epoch, what }]) => ({
    vault,
    what: why.get(epoch) ?? what,
  }))
  return { recovered: before.size - after.size, lost }
}

/** Vaults of which the hardware at hand doesn't open a key, each with the epoch of that key. */
async function unopenedVaults({ database, keys, boxId, randomness }: VaultRecovery) {
  const ciphers = new VaultCiphers(keys, database, boxId, randomness)
  const unopened = new Map<string, { epoch: number; what: string }>()
  for await (const vault of allVaults(database))
    for (const key of keysOf(vault)) {
      try {
        const opened = await ciphers.openKey(vault.id, key)
        opened.fill(0)
      } catch (error) {
        const what = notOurs(error).message
        unopened.set(vault.id, { epoch: key.epoch, what })
      }
    }
  return unopened
}

/** Enclosed under another root, as far as the provider can tell; anything else, such as a device that is away, is no answer. */
function notOurs(error: unknown): Error {
  const isAnswer =
    (error instanceof KeyError && (error.code === 'altered' || error.code === 'wrong-key')) ||
    (error instanceof BoxError && error.code === 'not-openable')
  if (isAnswer) return error
  throw error
}

/** @returns why its key could not be had back; undefined when it is there */
async function recoverEpoch(
  { journal, copies, keys, boxId }: VaultRecovery,
  recoveryKey: RecoveryKey,
  { number: epoch, root: label, keyEnclosed }: KeyEpoch,
): Promise<string | undefined> {
  const place = { boxId, epoch }
  const root = await foundOrMadeRoot(keys, label)
  if (keyEnclosed !== null) {
    const known = await openEpochKey(keys, root, keyEnclosed, place).catch(
      (error: unknown) => void notOurs(error),
    )
    known?.fill(0)
    if (known !== undefined) return undefined
  }
  let key: Uint8Array
  try {
    const copy = await copies.read(epoch)
    if (copy === undefined)
      throw new KeyError('not-found', `there is no recovery copy ${copies.fileOf(epoch)}`)
    key = recoveryKey.open(copy, place)
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    const data = { epoch, reason: error.code }
    await journal.record({ act: 'epoch-key-recovered', outcome: 'failed', data })
    return error.message
  }
  const enclosed = await encloseEpochKey(keys, root, key, place).finally(() => key.fill(0))
  await journal.record({
    act: 'epoch-key-recovered',
    outcome: 'done',
    data: { epoch, recoveryKey: toHex(recoveryKey.publicKey.id) },
    apply: (client) => setEpochKey(client, epoch, enclosed),
  })
  return undefined
}

/** A key of epoch 0, where the hardware doesn't open it. */
async function recoverFirstKey(
  { database, journal, keys, boxId, randomness }: VaultRecovery,
  recoveryKey: RecoveryKey,
  { id }: Vault,
  stored: StoredVaultKey,
): Promise<void> {
  const ciphers = new VaultCiphers(keys, database, boxId, randomness)
  const root = await foundOrMadeRoot(keys, FIRST_ROOT)
  const opened = await ciphers.openKey(id, stored).catch((error: unknown) => void notOurs(error))
  opened?.fill(0)
  if (opened !== undefined) return
  const place = { boxId, vault: id }
  const act = 'vault-key-recovered'
  let key: Uint8Array
  try {
    if (stored.recoveryCopy === null)
      throw new KeyError('not-found', 'the vault has no recovery copy')
    key = recoveryKey.open(stored.recoveryCopy, place)
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    const data = { reason: error.code }
    await journal.record({ act, outcome: 'failed', vault: id, data })
    return
  }
  const enclosed = await encloseVaultKey(keys, root, key, place).finally(() => key.fill(0))
  await journal.record({
    act,
    outcome: 'done',
    vault: id,
    data: { recoveryKey: toHex(recoveryKey.publicKey.id) },
    apply: (client) => setEnclosedKey(client, id, stored, enclosed),
  })
}
