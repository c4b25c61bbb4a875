import type { Client } from '@probant/postgres'
import type { EnclosedName, IndexEntry } from './cipher.ts'
import type { Queryable } from './journal.ts'

/** A folder as it is stored. */
export interface StoredFolder {
  readonly id: string
  readonly parentId: string | null
  readonly nameEnclosed: Uint8Array
}

interface FolderRecord {
  id: string
  parent_id: string | null
  name_enclosed: Buffer
}

const of = (row: FolderRecord): StoredFolder => ({
  id: row.id,
  parentId: row.parent_id,
  nameEnclosed: row.name_enclosed,
})

const bytes = (value: Uint8Array) => Buffer.from(value)

export async function addFolder(
  client: Client,
  vaultId: string,
  { id, parentId }: Omit<StoredFolder, 'nameEnclosed'>,
  { enclosed, entry, generation }: EnclosedName,
  createdAtMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO vault.folders (id, vault_id, parent_id, name_enclosed, name_entry, key_generation, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8))`,
    [id, vaultId, parentId, bytes(enclosed), bytes(entry), generation, createdAtMs / 1000],
  )
}

/** Gives a folder its name and its place, which go together: the index holds both. */
export async function changeFolder(
  client: Client,
  id: string,
  parentId: string | null,
  { enclosed, entry, generation }: EnclosedName,
): Promise<void> {
  await client.query(
    `UPDATE vault.folders SET parent_id = $2, name_enclosed = $3, name_entry = $4, key_generation = $5 WHERE id = $1`,
    [id, parentId, bytes(enclosed), bytes(entry), generation],
  )
}

/** The folder and those that it is in, from the vault down; none where there is no such folder. */
export async function folderLine(
  client: Queryable,
  vaultId: string,
  id: string,
): Promise<StoredFolder[]> {
  const { rows } = await client.query<FolderRecord>(
    `WITH RECURSIVE line AS (
       SELECT id, parent_id, name_enclosed, 0 AS up FROM vault.folders WHERE id = $2 AND vault_id = $1
       UNION ALL
       SELECT f.id, f.parent_id, f.name_enclosed, l.up + 1 FROM vault.folders f JOIN line l ON f.id = l.parent_id WHERE l.up < 1000
     ) SELECT id, parent_id, name_enclosed FROM line ORDER BY up DESC`,
    [vaultId, id],
  )
  return rows.map(of)
}

/** How many levels of folders there are below one; 0: none. */
export async function depthBelow(client: Queryable, id: string): Promise<number> {
  const { rows } = await client.query<{ depth: number }>(
    `WITH RECURSIVE below AS (
       SELECT id, 0 AS depth FROM vault.folders WHERE id = $1
       UNION ALL SELECT f.id, b.depth + 1 FROM vault.folders f JOIN below b ON f.parent_id = b.id WHERE b.depth < 1000
     ) SELECT max(depth)::int AS depth FROM below`,
    [id],
  )
  return rows[0]?.depth ?? 0
}

/** Those directly in a folder, or in the vault, in no order. */
export async function foldersIn(
  client: Queryable,
  vaultId: string,
  parentId: string | null,
): Promise<StoredFolder[]> {
  const { rows } = await client.query<FolderRecord>(
    `SELECT id, parent_id, name_enclosed FROM vault.folders WHERE vault_id = $1 AND parent_id IS NOT DISTINCT FROM $2`,
    [vaultId, parentId],
  )
  return rows.map(of)
}

/** The one of this name directly in a folder, or in the vault. @param entries of the name, of every generation of the vault's key */
export async function folderNamed(
  client: Queryable,
  vaultId: string,
  parentId: string | null,
  entries: readonly IndexEntry[],
): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>({
    name: 'folder-named',
    text: `SELECT id FROM vault.folders WHERE vault_id = $1 AND parent_id IS NOT DISTINCT FROM $2 AND name_entry = ANY($3::bytea[])`,
    values: [vaultId, parentId, entries.map(({ entry }) => bytes(entry))],
  })
  return rows[0]?.id
}

/** Puts an object into a folder, or directly into its vault. */
export async function placeObject(
  client: Client,
  { id, depositSeq }: { readonly id: string; readonly depositSeq: number },
  folderId: string | null,
): Promise<void> {
  await client.query(`DELETE FROM vault.placed_objects WHERE object_id = $1`, [id])
  if (folderId !== null)
    await client.query(
      `INSERT INTO vault.placed_objects (object_id, folder_id, deposit_seq) VALUES ($1, $2, $3)`,
      [id, folderId, depositSeq],
    )
}

/** The folders of those of these objects that are in one. */
export async function placesOf(
  client: Queryable,
  objectIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await client.query<{ object_id: string; folder_id: string }>(
    `SELECT object_id, folder_id FROM vault.placed_objects WHERE object_id = ANY($1::uuid[])`,
    [objectIds],
  )
  return new Map(rows.map((row) => [row.object_id, row.folder_id]))
}

/** Folders of a vault under a key before `generation`, locked. */
export async function lockFormerFolders(
  client: Client,
  vaultId: string,
  generation: number,
  afterId: string,
  limit: number,
): Promise<StoredFolder[]> {
  const { rows } = await client.query<FolderRecord>(
    `SELECT id, parent_id, name_enclosed FROM vault.folders WHERE vault_id = $1 AND key_generation < $2 AND id > $3
     ORDER BY id LIMIT $4 FOR UPDATE`,
    [vaultId, generation, afterId, limit],
  )
  return rows.map(of)
}
