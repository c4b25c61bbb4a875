import { toHex, utf8 } from '../bytes.ts'
import { parseCheckpoint } from '../checkpoint.ts'
import { parseOpening, type Opening } from '../commitment.ts'
import type { Hashing } from '../crypto.ts'
import { canonicalBytes, parseCanonical } from '../jcs.ts'
import { Members } from '../members.ts'
import { parseNote } from '../note.ts'
import type { ReceiptState } from '../receipt.ts'
import { optionalEntry, traceEntries, type BundleEntry, type BundleTrace } from './entries.ts'
import { destructionReadme } from './destruction-readme.ts'
import { formatManifest } from './manifest.ts'
import { entryName } from './names.ts'

/** What a proof of destruction is made of (formats.md section 23). */
export interface DestructionInput {
  readonly state: ReceiptState
  readonly box: string
  readonly vault: string
  readonly object: string
  /** Traces of the object by seq: the deposit's is the first, that of its destruction among them. */
  readonly traces: readonly BundleTrace[]
  /** The checkpoint that covers them all, with every signature line known. */
  readonly checkpointNote: string
  /** The newest audit receipt that covers them. */
  readonly auditReceipt?: string | undefined
  /** Of the reason; null when it was erased. */
  readonly grounds: Opening | null
}

/** Every entry of the bundle. Deterministic. EvidenceError when the parts don't belong together. */
export function destructionEntries(hashing: Hashing, input: DestructionInput): BundleEntry[] {
  const { state, box, vault, object, traces, checkpointNote, auditReceipt, grounds } = input
  const entries: BundleEntry[] = [
    { name: entryName.readme, bytes: utf8(destructionReadme) },
    ...traces.flatMap((trace) => traceEntries(trace, checkpointNote)),
    { name: entryName.checkpoint, bytes: utf8(checkpointNote) },
    ...optionalEntry(entryName.auditReceipt, utf8(auditReceipt ?? '')),
    { name: entryName.openings, bytes: canonicalBytes({ grounds: grounds && { ...grounds } }) },
  ]
  const manifest = formatManifest({
    format: 2,
    ...{ box, vault, object, state, documents: [] },
    origin: parseCheckpoint(parseNote(checkpointNote).text).origin,
    entries: entries.map(({ name, bytes }) => ({
      name,
      sha256: toHex(hashing.hash('sha256', bytes)),
    })),
  })
  return [{ name: entryName.manifest, bytes: manifest }, ...entries]
}

/** The opening of the reason; null when it was erased. EvidenceError `malformed-bundle`, `malformed-commitment`. */
export function parseGrounds(bytes: Uint8Array): Opening | null {
  const where = 'openings.json'
  const members = new Members(parseCanonical(bytes), 'malformed-bundle', where, ['grounds'])
  return members.orNull('grounds', (name) => parseOpening(members.value(name), `${where}.${name}`))
}
