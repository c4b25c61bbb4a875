import type { Shaped } from '@probant/web/browser'
import { address, flag, list, number, optional, pageOf, record, text } from '@probant/web/browser'

/** The part of the box's interface that the portal uses: what it sends, in `address`es, and what it reads. */

export const vaultShape = record({ id: text, name: text, rights: optional(list(text)) })
export type Vault = Shaped<typeof vaultShape>

/** Whose certificate sealed the proof. */
const sealShape = record({ subject: text, issuer: text })

export const documentShape = record({
  id: text,
  vault: text,
  // Absent for those who may check a document without knowing what it is about.
  title: optional(text),
  size: number,
  mediaType: optional(text),
  digests: record({ sha256: text, 'sha3-256': text }),
  // Of an object of several files, in their order; absent where there is one.
  files: optional(
    list(record({ number, size: number, mediaType: text, fileName: optional(text) })),
  ),
  depositedAt: text,
  depositor: optional(text),
  receipt: record({ state: text }),
  // Null where there is no seal; absent in lists.
  seal: optional(sealShape),
})
export type VaultDocument = Shaped<typeof documentShape>

export const entryShape = record({ seq: number, time: text, act: text, outcome: text })

export const headShape = record({
  size: number,
  witnessedSize: optional(number),
  witnessedAt: optional(text),
  requiredWitnesses: number,
  witnesses: list(record({ name: text, size: number, at: optional(text) })),
  datedSize: optional(number),
})
export type JournalHead = Shaped<typeof headShape>

export const integrityShape = record({ intact: flag })

export const vaultPage = pageOf(vaultShape)
export const documentPage = pageOf(documentShape)
export const entryPage = pageOf(entryShape)

export const addresses = {
  vaults: (cursor?: string) => withCursor(address`/vaults`, 100, cursor),
  vault: (vault: string) => address`/vaults/${vault}`,
  deposit: (vault: string) => address`/vaults/${vault}/objects`,
  documents: (vault: string, cursor?: string) =>
    withCursor(address`/vaults/${vault}/objects`, 50, cursor),
  document: (vault: string, id: string) => address`/vaults/${vault}/objects/${id}`,
  content: (vault: string, id: string) => address`/vaults/${vault}/objects/${id}/content`,
  fileContent: (vault: string, id: string, file: number) =>
    address`/vaults/${vault}/objects/${id}/files/${file}/content`,
  proof: (vault: string, id: string) => address`/vaults/${vault}/objects/${id}/proof`,
  proofs: (vault: string) => address`/vaults/${vault}/proofs`,
  journal: (vault: string, id: string, cursor?: string) =>
    withCursor(address`/vaults/${vault}/objects/${id}/journal`, 50, cursor),
  integrityChecks: (vault: string, id: string) =>
    address`/vaults/${vault}/objects/${id}/integrity-checks`,
  head: () => address`/journal/head`,
}

function withCursor(path: string, limit: number, cursor: string | undefined): string {
  const query = new URLSearchParams({ limit: String(limit) })
  if (cursor !== undefined) query.set('cursor', cursor)
  return `${path}?${query.toString()}`
}
