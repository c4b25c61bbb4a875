import { formatBlocks, parseBlocks, type Block } from '../blocks.ts'
import { canonicalBytes, isJsonObject, parseCanonical } from '../jcs.ts'
import { Members, requireFormat1 } from '../members.ts'
import type { ReceiptState } from '../receipt.ts'
import { boxPattern, type Digests } from '../statement.ts'

export type ManifestDocument = {
  /** `document/<n>`. */
  readonly name: string
  readonly size: number
  readonly digests: Digests
}

export type ManifestEntry = { readonly name: string; readonly sha256: string }

/**
 * `manifest.json` of a bundle (formats.md sections 15 and 23). Signed by nobody: all it says is checked against the rest. Format 1 is of an
 * object, format 2 of an object's destruction, which has no documents.
 */
export interface Manifest {
  readonly format: 1 | 2
  readonly box: string
  readonly origin: string
  readonly vault: string
  readonly object: string
  readonly state: ReceiptState
  readonly documents: readonly ManifestDocument[]
  /** Every entry but the manifest and the documents, in order. */
  readonly entries: readonly ManifestEntry[]
  readonly blocks?: readonly Block[]
}

export function formatManifest(manifest: Manifest): Uint8Array {
  const { blocks, documents, ...others } = manifest
  const rest =
    manifest.format === 1 ? { ...others, documents } : { ...others, kind: 'destruction' as const }
  const bytes = canonicalBytes(
    blocks === undefined || blocks.length === 0 ? rest : { ...rest, blocks: formatBlocks(blocks) },
  )
  parseManifest(bytes)
  return bytes
}

/** EvidenceError `malformed-bundle`, `unknown-format`. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseCanonical(bytes)
  const isDestruction = isJsonObject(value) && value['format'] === 2
  if (!isDestruction) requireFormat1(value, 'malformed-bundle', 'manifest.json')
  const members = new Members(
    value,
    'malformed-bundle',
    'manifest.json',
    [
      'format',
      'box',
      'origin',
      'vault',
      'object',
      'state',
      'entries',
      isDestruction ? 'kind' : 'documents',
    ],
    ['blocks'],
  )
  if (isDestruction) members.oneOf('kind', ['destruction'])
  const manifest: Manifest = {
    format: isDestruction ? 2 : 1,
    box: members.text('box', boxPattern),
    origin: members.text('origin'),
    vault: members.uuid('vault'),
    object: members.uuid('object'),
    state: members.oneOf('state', ['accepted', 'witnessed', 'dated']),
    documents: isDestruction
      ? []
      : members.each('documents', ['name', 'size', 'digests']).map((document) => ({
          name: document.text('name'),
          size: document.integer('size'),
          digests: document.pair('digests'),
        })),
    entries: members.each('entries', ['name', 'sha256']).map((entry) => ({
      name: entry.text('name'),
      sha256: entry.hex('sha256', 32),
    })),
  }
  if (!members.has('blocks')) return manifest
  return { ...manifest, blocks: parseBlocks(members.value('blocks'), 'manifest') }
}

/** The names of entries that blocks of the manifest point to. */
export function blockEntries(blocks: readonly Block[]): string[] {
  return blocks
    .filter((block) => block.version === 1)
    .map((block) => block.content['entry'])
    .filter((entry) => typeof entry === 'string')
}
