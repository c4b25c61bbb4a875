import type { Anchors } from '../anchors.ts'
import { equalBytes, fromUtf8 } from '../bytes.ts'
import type { Lat } from '../lat.ts'
import { verifyLat, type LatParts } from '../lat-verification.ts'
import { parsePem } from '../pem.ts'
import type { Statement } from '../statement.ts'
import { sealBlocks, sealCopyEntry } from '../seal-blocks.ts'
import { cannotTell, combine, invalid, valid, type Verdict } from '../verdict.ts'
import { checkManifest } from './container.ts'
import { checkDocuments } from './documents.ts'
import { entryName } from './names.ts'
import type { DocumentFact } from './report.ts'
import { readEntry, readIfListed } from './source.ts'
import type { BundleOptions, BundleUnderCheck } from './under-check.ts'

/** The LAT of a bundle, taken apart and checked. */
export interface ArchiveProof {
  readonly latBytes: Uint8Array
  readonly lat: Lat
  readonly statement: Statement
  readonly parts: LatParts
  readonly documents: readonly DocumentFact[]
}

/** Manifest, statement, box, documents, and the LAT itself; undefined when there is no LAT to read. */
export async function checkArchiveProof(
  bundle: BundleUnderCheck,
  { document, held }: BundleOptions,
): Promise<ArchiveProof | undefined> {
  const { crypto, source, manifest, anchors, checks } = bundle
  checks.begin('manifest')
  const latBytes = await readEntry(source, entryName.lat)
  const tsaPem = await readIfListed(source, manifest, entryName.tsaCertificates)
  const verified = await verifyLat(crypto, latBytes, {
    latKeys: anchors.latKeys,
    tsaRoots: anchors.tsaRoots,
    outsideTsaRoots: anchors.outsideTsaRoots,
    sealRoots: anchors.sealRoots,
    tsaCertificates: tsaPem && parsePem(fromUtf8(tsaPem), 'CERTIFICATE'),
  })
  const { lat, statement, parts } = verified
  if (lat === undefined || statement === undefined || parts === undefined) {
    checks.add('statement', verified.verdict)
    return undefined
  }
  checks.end(await checkManifest(source, manifest, lat, statement, parts.signedBytes))
  checks.add('statement', parts.statement)
  const box = boxVerdict(statement.box, anchors, 'statement.json')
  checks.add('box', box, box.status === 'invalid')

  checks.begin('documents')
  const { verdict, documents } = await checkDocuments(crypto, source, statement, document, held)
  checks.end(verdict)

  checks.add('lat-tree', parts.tree)
  checks.add('lat-token', parts.token.verdict)
  checks.add('lat-signature', parts.signature)
  await checkSeals(bundle, lat, parts)
  return { latBytes, lat, statement, parts, documents }
}

/** The seals by the client's certificate, where there are any, and the bundle's copy of the first. */
async function checkSeals(
  { source, manifest, checks }: BundleUnderCheck,
  { blocks = [] }: Lat,
  { seals }: LatParts,
): Promise<void> {
  const copy = sealCopyEntry(manifest.blocks ?? [])
  if (copy === undefined && seals.length === 0) return
  checks.begin('lat-seal')
  const [first] = sealBlocks(blocks)
  const isCopy =
    copy === undefined ||
    (first !== undefined && equalBytes(await readEntry(source, copy), first.cms))
  const verdict = combine([
    ...seals.map((seal) => seal.verdict),
    isCopy ? valid : invalid('bad-manifest', `${copy} is not the seal in the LAT`, copy),
  ])
  checks.end(verdict, verdict.status === 'invalid' || seals.some((seal) => seal.isDecisive))
}

/** Whether a box is one of those given. */
export function boxVerdict(box: string, { boxes }: Anchors, where: string): Verdict {
  if (boxes === undefined) return cannotTell("the boxes' identifiers (box.txt)")
  return boxes.includes(box)
    ? valid
    : invalid('wrong-box', `the box ${box} is none of those given`, where)
}
