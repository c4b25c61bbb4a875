import { KeyError } from '@probant/keys'
import { BoxError } from '../errors.ts'
import { folderTerm } from '../folders/names.ts'
import type { VaultCipher } from '../store/cipher.ts'
import {
  countFormerlyEnclosed,
  forgetFormerKey,
  lockFormerlyEnclosed,
  replaceVaultKey,
  storeEnclosedAnew,
  type EnclosedOfObject,
} from '../store/vault-keys.ts'
import { changeFolder, lockFormerFolders, type StoredFolder } from '../store/folders.ts'
import { findVault, type Vault } from '../store/vaults.ts'
import { whoAsked, type Asked, type RotationContext } from './context.ts'

/** Objects enclosed anew in one transaction: short enough for deposits not to wait. */
const OBJECTS_AT_ONCE = 100
const NO_UUID = '00000000-0000-0000-0000-000000000000'

/** Gives a vault its next key; from when this resolves, whatever comes in is enclosed under it. */
export async function beginVaultKey(
  context: RotationContext,
  by: Asked,
  vault: Vault,
): Promise<void> {
  const { ciphers, journal } = context
  const next = await ciphers.create(vault.id, vault.key.generation + 1)
  const { data, ...who } = whoAsked(by)
  await journal.record({
    act: 'vault-key-rotation-begun',
    outcome: 'done',
    vault: vault.id,
    data: { ...data, generation: next.generation, epoch: next.epoch },
    ...who,
    apply: (client) => replaceVaultKey(client, vault, next),
  })
  await ciphers.of(await existing(context, vault.id))
}

/**
 * Encloses everything that is still under a vault's former key under its present one, in small batches, and forgets the former when
 * nothing is. Cut off anywhere, it goes on when called again.
 * @param goOn asked between batches
 * @returns false when it was told to stop
 * @throws BoxError `integrity-failure` when something doesn't open: the former key is kept then, since what can be mended needs it
 */
export async function encloseAnew(
  context: RotationContext,
  vaultId: string,
  goOn: () => boolean,
): Promise<boolean> {
  const { ciphers, database, journal } = context
  const vault = await existing(context, vaultId)
  if (vault.formerKey === null) return true
  const { generation } = vault.key
  const cipher = await ciphers.of(vault)
  if (!(await foldersAnew(context, vault, cipher, goOn))) return false
  let after = -1
  let objects = 0
  for (;;) {
    if (!goOn()) return false
    const from = after
    const batch = await database.transaction(async (client) => {
      const found = await lockFormerlyEnclosed(client, vaultId, generation, from, OBJECTS_AT_ONCE)
      const anew = found.flatMap((object) => enclosedAnew(cipher, object) ?? [])
      await storeEnclosedAnew(client, generation, anew)
      return { found, done: anew.length }
    })
    objects += batch.done
    after = batch.found.at(-1)?.depositSeq ?? after
    if (batch.found.length < OBJECTS_AT_ONCE) break
  }
  const unopened = await countFormerlyEnclosed(database, vaultId, generation)
  if (unopened > 0)
    throw new BoxError(
      'integrity-failure',
      'fatal',
      `${unopened} objects of vault ${vaultId} do not open under its former key, which is kept: run box fsck`,
    )
  await journal.record({
    act: 'vault-key-rotation-ended',
    outcome: 'done',
    vault: vaultId,
    data: { generation, objects },
    apply: (client) => forgetFormerKey(client, vault, after),
  })
  return true
}

/** Encloses the names of folders anew; those that were altered stay as they are. @returns false when it was told to stop */
async function foldersAnew(
  { database }: RotationContext,
  { id, key: { generation } }: Vault,
  cipher: VaultCipher,
  goOn: () => boolean,
): Promise<boolean> {
  for (let after = NO_UUID; ;) {
    if (!goOn()) return false
    const from = after
    const batch = await database.transaction(async (client) => {
      const found = await lockFormerFolders(client, id, generation, from, OBJECTS_AT_ONCE)
      for (const folder of found) {
        const name = openedName(cipher, folder)
        if (name === undefined) continue
        const term = folderTerm(folder.parentId, name)
        const anew = cipher.encloseFolderName(folder.id, term, name)
        await changeFolder(client, folder.id, folder.parentId, anew)
      }
      return found
    })
    const last = batch.at(-1)
    if (last === undefined) return true
    after = last.id
  }
}

function openedName(cipher: VaultCipher, { id, nameEnclosed }: StoredFolder): string | undefined {
  try {
    return cipher.openFolderName(id, nameEnclosed)
  } catch (error) {
    if (error instanceof BoxError && error.code === 'integrity-failure') return undefined
    throw error
  }
}

/** Undefined when what is stored was altered. */
function enclosedAnew(
  cipher: VaultCipher,
  { id, dataKeyEnclosed, secrets }: EnclosedOfObject,
): Omit<EnclosedOfObject, 'depositSeq'> | undefined {
  try {
    return {
      id,
      dataKeyEnclosed: cipher.dataKeyAnew(id, { enclosed: dataKeyEnclosed, generation: 0 })
        .enclosed,
      secrets: secrets.map(({ field, enclosed }) => {
        const opened = cipher.openSecret(id, field, enclosed)
        const anew = cipher.encloseSecret(id, field, opened)
        opened.fill(0)
        return { field, enclosed: anew }
      }),
    }
  } catch (error) {
    const isAltered =
      (error instanceof KeyError && error.code === 'altered') ||
      (error instanceof BoxError && error.code === 'integrity-failure')
    if (isAltered) return undefined
    throw error
  }
}

/** @throws BoxError `no-such-vault` */
export async function existing({ database }: RotationContext, id: string): Promise<Vault> {
  const vault = await findVault(database, id)
  if (vault === undefined) throw new BoxError('no-such-vault', 'caller', 'no such vault')
  return vault
}
