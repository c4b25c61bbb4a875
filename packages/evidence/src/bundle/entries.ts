import { toHex, utf8 } from '../bytes.ts'
import type { Block } from '../blocks.ts'
import { parseCheckpoint } from '../checkpoint.ts'
import type { Hashing } from '../crypto.ts'
import { datingEntries, type Dating } from '../dating/entries.ts'
import { EvidenceError } from '../errors.ts'
import { latRoot, parseLat, signedBytes } from '../lat.ts'
import { parseNote } from '../note.ts'
import { formatPem } from '../pem.ts'
import { formatTlogProof } from '../proof.ts'
import type { ReceiptState } from '../receipt.ts'
import { sealCopies } from '../seal-blocks.ts'
import { parseStatement } from '../statement.ts'
import { parseToken } from '../timestamp/token.ts'
import { parseTrace } from '../trace.ts'
import { formatManifest } from './manifest.ts'
import { documentName, entryName, proofName, traceName } from './names.ts'
import { formatOpenings, type Openings } from './openings.ts'
import { readme } from './readme.ts'
import { verifyScript } from './verify-script.ts'

export interface BundleTrace {
  /** The trace's stored bytes. */
  readonly bytes: Uint8Array
  /** Its inclusion path under the checkpoint. */
  readonly path: readonly Uint8Array[]
}

/** What a bundle is made of. */
export interface BundleInput {
  readonly state: ReceiptState
  /** The LAT's bytes. */
  readonly lat: Uint8Array
  /** SPKI DER of the key that signed it. */
  readonly latKey: Uint8Array
  /** Traces of the object by seq; the deposit's is the first. */
  readonly traces: readonly BundleTrace[]
  /** The checkpoint that covers them all, with every signature line known. */
  readonly checkpointNote: string
  /** The newest audit receipt that covers them. */
  readonly auditReceipt?: string | undefined
  readonly openings: Openings
  /** The descriptive metadata's bytes; null when erased. */
  readonly metadata: Uint8Array | null
  /** DER certificates of the token's authority, where the token doesn't hold them. */
  readonly tsaCertificates?: readonly Uint8Array[] | undefined
  /** Tokens of authorities outside over a checkpoint that covers the deposit. */
  readonly dating?: Dating | undefined
  /** PDF files that tell people what the bundle says. */
  readonly attestations?: { readonly fr: Uint8Array; readonly en: Uint8Array } | undefined
  readonly blocks?: readonly Block[] | undefined
  /** Content of entries that blocks name, by name (`blocks/…`). */
  readonly blockContents?: ReadonlyMap<string, Uint8Array> | undefined
}

export interface BundleEntry {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Every entry of a bundle except the documents, which follow as `document/1`, `document/2` … in the order of the
 * statement's files. Deterministic: the same input gives the same bytes. EvidenceError when the parts don't belong
 * together.
 */
export function bundleEntries(hashing: Hashing, input: BundleInput): BundleEntry[] {
  const lat = parseLat(input.lat)
  const statement = parseStatement(lat.statement)
  const root = latRoot(hashing, lat)
  if (root === undefined)
    throw new EvidenceError('malformed-bundle', "the LAT's path leads nowhere")
  const token = parseToken(lat.token)
  const certificates = input.tsaCertificates ?? token.certificates.map((each) => each.der)
  const seal = sealCopies(lat.blocks ?? [])
  const dating = input.dating && datingEntries(hashing, input.dating)
  const contents = [...(dating?.contents ?? []), ...seal.contents, ...(input.blockContents ?? [])]
  const entries: BundleEntry[] = [
    { name: entryName.readme, bytes: utf8(readme) },
    { name: entryName.script, bytes: utf8(verifyScript) },
    ...optionalEntry(entryName.attestationFr, input.attestations?.fr),
    ...optionalEntry(entryName.attestationEn, input.attestations?.en),
    { name: entryName.lat, bytes: input.lat },
    { name: entryName.statement, bytes: lat.statement },
    { name: entryName.signedBytes, bytes: signedBytes(root, hashing.hash('sha256', lat.token)) },
    { name: entryName.signature, bytes: lat.signature.value },
    { name: entryName.token, bytes: lat.token },
    { name: entryName.latKey, bytes: utf8(formatPem(input.latKey, 'PUBLIC KEY')) },
    ...optionalEntry(
      entryName.tsaCertificates,
      utf8(certificates.map((der) => formatPem(der, 'CERTIFICATE')).join('')),
    ),
    ...input.traces.flatMap((trace) => traceEntries(trace, input.checkpointNote)),
    { name: entryName.checkpoint, bytes: utf8(input.checkpointNote) },
    ...optionalEntry(entryName.auditReceipt, utf8(input.auditReceipt ?? '')),
    { name: entryName.openings, bytes: formatOpenings(input.openings) },
    ...optionalEntry(entryName.metadata, input.metadata),
    ...contents.map(([name, bytes]) => ({ name, bytes })),
  ]
  const manifest = formatManifest({
    format: 1,
    box: statement.box,
    origin: parseCheckpoint(parseNote(input.checkpointNote).text).origin,
    vault: statement.vault,
    object: statement.object,
    state: input.state,
    documents: statement.files.map(({ size, digests }, at) => ({
      name: documentName(at + 1),
      size,
      digests,
    })),
    entries: entries.map(({ name, bytes }) => ({
      name,
      sha256: toHex(hashing.hash('sha256', bytes)),
    })),
    blocks: [...(dating?.blocks ?? []), ...seal.blocks, ...(input.blocks ?? [])],
  })
  return [{ name: entryName.manifest, bytes: manifest }, ...entries]
}

/** A trace and its proof. */
export function traceEntries({ bytes, path }: BundleTrace, checkpointNote: string): BundleEntry[] {
  const { seq } = parseTrace(bytes)
  const proof = formatTlogProof({ index: seq, path, checkpointNote })
  return [
    { name: traceName(seq), bytes },
    { name: proofName(seq), bytes: utf8(proof) },
  ]
}

/** An entry that is left out where there is nothing in it. */
export function optionalEntry(name: string, bytes: Uint8Array | null | undefined): BundleEntry[] {
  return bytes && bytes.length > 0 ? [{ name, bytes }] : []
}
