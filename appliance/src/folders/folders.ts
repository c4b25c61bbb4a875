import type { Clock, Randomness } from '@probant/host'
import type { Client, Database } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import type { VaultCipher } from '../store/cipher.ts'
import {
  addFolder,
  changeFolder,
  depthBelow,
  folderLine,
  folderNamed,
  foldersIn,
  type StoredFolder,
} from '../store/folders.ts'
import type { VaultCiphers } from '../store/vault-ciphers.ts'
import type { Vault } from '../store/vaults.ts'
import { MOST_LEVELS, folderName, folderTerm, tooDeep } from './names.ts'

/** So many that opening and sorting their names stays a matter of milliseconds. */
const MOST_IN_ONE = 10_000

export interface FolderContext {
  readonly database: Database
  readonly journal: Journal
  readonly ciphers: VaultCiphers
  readonly clock: Clock
  readonly randomness: Randomness
}

/** A folder with its name in clear. */
export interface Folder {
  readonly id: string
  readonly name: string
  /** Null: directly in the vault. */
  readonly parent: string | null
}

const opened = (cipher: VaultCipher, { id, parentId, nameEnclosed }: StoredFolder): Folder => ({
  id,
  name: cipher.openFolderName(id, nameEnclosed),
  parent: parentId,
})

const inFrench = new Intl.Collator('fr', { numeric: true })

/** In the order in which people look for them. */
export const byName = (a: Pick<Folder, 'id' | 'name'>, b: Pick<Folder, 'id' | 'name'>): number =>
  inFrench.compare(a.name, b.name) || Number(a.id > b.id) - Number(a.id < b.id)

/** What is directly in a folder, or in the vault, sorted. */
export async function subfolders(
  { ciphers, database }: FolderContext,
  vault: Vault,
  parent: string | null,
): Promise<Folder[]> {
  const cipher = await ciphers.of(vault)
  const found = await foldersIn(database, vault.id, parent)
  return found.map((folder) => opened(cipher, folder)).sort(byName)
}

/** The folder and those that it is in, from the vault down. @throws BoxError `no-such-folder` */
export async function lineOf(
  { ciphers, database }: FolderContext,
  vault: Vault,
  id: string,
): Promise<[Folder, ...Folder[]]> {
  const cipher = await ciphers.of(vault)
  const [first, ...rest] = (await folderLine(database, vault.id, id)).map((each) =>
    opened(cipher, each),
  )
  if (first === undefined) throw noSuchFolder()
  return [first, ...rest]
}

/**
 * Makes a folder.
 * @throws BoxError `conflict` where one of this name is there, `no-such-folder`, `bad-deposit` for its name or its depth
 */
export async function createFolder(
  context: FolderContext,
  actorId: string,
  vault: Vault,
  { name: text, parent }: { readonly name: string; readonly parent: string | null },
): Promise<Folder> {
  const name = folderName(text)
  const cipher = await context.ciphers.of(vault)
  const id = context.randomness.uuid()
  await context.journal.record({
    act: 'folder-created',
    outcome: 'done',
    vault: vault.id,
    actorId,
    data: { folder: id, parent },
    apply: async (client) => {
      const above = await levelsOf(client, vault, parent)
      if (above >= MOST_LEVELS) throw tooDeep()
      await requireFree(client, cipher, vault, parent, name)
      const kept = cipher.encloseFolderName(id, folderTerm(parent, name), name)
      await addFolder(client, vault.id, { id, parentId: parent }, kept, context.clock.nowMs())
    },
  })
  return { id, name, parent }
}

/**
 * Renames or moves a folder with all that is in it.
 * @throws BoxError as `createFolder`; `conflict` where it would be in itself
 */
export async function moveFolder(
  context: FolderContext,
  actorId: string,
  vault: Vault,
  id: string,
  to: { readonly name?: string | undefined; readonly parent?: string | null | undefined },
): Promise<Folder> {
  const line = await lineOf(context, vault, id)
  const before = line.at(-1) ?? line[0]
  const name = to.name === undefined ? before.name : folderName(to.name)
  const parent = to.parent === undefined ? before.parent : to.parent
  const cipher = await context.ciphers.of(vault)
  await context.journal.record({
    act: 'folder-changed',
    outcome: 'done',
    vault: vault.id,
    actorId,
    data: {
      folder: id,
      changed: [
        ...(to.name === undefined ? [] : ['name']),
        ...(to.parent === undefined ? [] : ['parent']),
      ],
      ...(to.parent === undefined ? {} : { parent }),
    },
    apply: async (client) => {
      const above = parent === null ? [] : await folderLine(client, vault.id, parent)
      if (parent !== null && above.length === 0) throw noSuchFolder()
      if (above.some((each) => each.id === id)) throw inItself()
      if (above.length + 1 + (await depthBelow(client, id)) > MOST_LEVELS) throw tooDeep()
      await requireFree(client, cipher, vault, parent, name, id)
      const kept = cipher.encloseFolderName(id, folderTerm(parent, name), name)
      await changeFolder(client, id, parent, kept)
    },
  })
  return { id, name, parent }
}

/**
 * The folder at the end of a path, those that are missing made on the way.
 * @param names as `folderPath` reads them
 */
export async function folderAt(
  context: FolderContext,
  actorId: string,
  vault: Vault,
  names: readonly string[],
): Promise<string | null> {
  const cipher = await context.ciphers.of(vault)
  let parent: string | null = null
  for (const name of names) {
    const find = (): Promise<string | undefined> =>
      named(context.database, cipher, vault, parent, name)
    const at: string | null = parent
    const make = async (): Promise<string> =>
      (await createFolder(context, actorId, vault, { name, parent: at })).id
    parent =
      (await find()) ??
      (await make().catch(async (error: unknown) => {
        // Another deposit made it in the meantime.
        const made = await find()
        if (made === undefined) throw error
        return made
      }))
  }
  return parent
}

const named = (
  client: Pick<Client, 'query'>,
  cipher: VaultCipher,
  vault: Vault,
  parent: string | null,
  name: string,
) => folderNamed(client, vault.id, parent, cipher.indexEntries('folder', folderTerm(parent, name)))

/** The journal carries out one act after the other: what is found free here stays so until the act is done. */
async function requireFree(
  client: Client,
  cipher: VaultCipher,
  vault: Vault,
  parent: string | null,
  name: string,
  own?: string,
): Promise<void> {
  const found = await named(client, cipher, vault, parent, name)
  if (found !== undefined && found !== own) throw nameTaken()
  const siblings = await foldersIn(client, vault.id, parent)
  if (siblings.length >= MOST_IN_ONE) throw tooMany()
}

async function levelsOf(client: Client, vault: Vault, id: string | null): Promise<number> {
  if (id === null) return 0
  const line = await folderLine(client, vault.id, id)
  if (line.length === 0) throw noSuchFolder()
  return line.length
}

export const noSuchFolder = () =>
  new BoxError('no-such-entry', 'caller', 'no such folder', {
    words: { fr: 'Ce dossier n’existe pas.', en: 'This folder does not exist.' },
  })

const conflict = (fr: string, en: string) =>
  new BoxError('conflict', 'caller', en, { words: { fr, en } })
const nameTaken = () =>
  conflict('Un dossier de ce nom s’y trouve déjà.', 'A folder of this name is there already.')
const inItself = () =>
  conflict('Un dossier ne va pas dans lui-même.', 'A folder does not go into itself.')
const tooMany = () =>
  conflict(
    `Il y a déjà ${MOST_IN_ONE} dossiers à cet endroit.`,
    `There are ${MOST_IN_ONE} folders in this place already.`,
  )
