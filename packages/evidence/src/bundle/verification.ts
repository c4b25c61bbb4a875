import type { Anchors } from '../anchors.ts'
import { checkBlocks } from '../blocks.ts'
import { equalBytes, fromUtf8, toHex, utf8 } from '../bytes.ts'
import { parseCheckpoint } from '../checkpoint.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import { verifyLat } from '../lat-verification.ts'
import { parseNote } from '../note.ts'
import { parsePem } from '../pem.ts'
import { cannotTell, invalid, valid, verdictOf, type Verdict } from '../verdict.ts'
import { Checks } from './checks.ts'
import { checkDigests, checkListing, checkManifest, checkNames } from './container.ts'
import { checkDeposit, checkOpenings, depositorOf } from './deposit.ts'
import { checkDocuments } from './documents.ts'
import { checkAuditReceipt, checkCheckpoint, checkCosignatures } from './heads.ts'
import { parseManifest, type Manifest } from './manifest.ts'
import { entryLimit, entryName } from './names.ts'
import { parseOpenings } from './openings.ts'
import type { BundleFacts, BundleReport, NotProved } from './report.ts'
import type { BundleSource } from './source.ts'
import { checkTraces } from './traces.ts'
import { verifyScript } from './verify-script.ts'

export interface BundleOptions {
  /** A file that should be one of the bundle's documents. */
  readonly document?: AsyncIterable<Uint8Array> | undefined
  /** Without a cosignature by a given witness the answer is *can't tell*. */
  readonly requireWitness?: boolean | undefined
}

/**
 * Verifies an evidence bundle offline (formats.md section 15), believing nothing in it that doesn't lead to an
 * anchor. Goes on after a failed check as far as there is anything to check, and reports every one. What an attacker
 * put into the bundle never makes it throw; what `source` throws besides EvidenceErrors comes through.
 */
export async function verifyBundle(
  crypto: EvidenceCrypto,
  source: BundleSource,
  anchors: Anchors,
  options: BundleOptions = {},
): Promise<BundleReport> {
  const checks = new Checks()
  let findings: Findings = nothingFound
  try {
    const manifest = await openContainer(crypto, source, checks)
    if (manifest !== undefined) {
      findings = await verifyContent(crypto, source, manifest, anchors, options, checks)
    }
  } catch (error) {
    // An error that the bundle's content can't cause is thrown again.
    checks.end(verdictOf(error))
  }
  return { verdict: checks.verdict(), checks: checks.made, ...findings }
}

type Findings = Omit<BundleReport, 'verdict' | 'checks'>

const nothingFound: Findings = { notProved: [], ignoredBlocks: [], blocksNotChecked: [] }

/** The manifest of a bundle whose entries are those that one may have; undefined when they are not. */
async function openContainer(
  crypto: EvidenceCrypto,
  source: BundleSource,
  checks: Checks,
): Promise<Manifest | undefined> {
  checks.begin('entries')
  const names = checkNames(source)
  if (names.status !== 'valid') {
    checks.end(names)
    return undefined
  }
  if (!source.entries.some((entry) => entry.name === entryName.manifest)) {
    checks.end(invalid('bad-listing', 'manifest.json is missing', entryName.manifest))
    return undefined
  }
  const manifest = parseManifest(await read(source, entryName.manifest))
  const listing = checkListing(source, manifest)
  checks.end(listing)
  if (listing.status !== 'valid') return undefined
  checks.begin('entry-digests')
  checks.end(await checkDigests(crypto, source, manifest))
  return manifest
}

async function verifyContent(
  crypto: EvidenceCrypto,
  source: BundleSource,
  manifest: Manifest,
  anchors: Anchors,
  options: BundleOptions,
  checks: Checks,
): Promise<Findings> {
  const has = (name: string): boolean => manifest.entries.some((entry) => entry.name === name)
  const optional = async (name: string): Promise<Uint8Array | undefined> =>
    has(name) ? read(source, name) : undefined

  checks.begin('manifest')
  const latBytes = await read(source, entryName.lat)
  const tsaPem = await optional(entryName.tsaCertificates)
  const verified = await verifyLat(crypto, latBytes, {
    latKeys: anchors.latKeys,
    tsaRoots: anchors.tsaRoots,
    tsaCertificates: tsaPem && parsePem(fromUtf8(tsaPem), 'CERTIFICATE'),
  })
  const { lat, statement, parts } = verified
  if (lat === undefined || statement === undefined || parts === undefined) {
    checks.add('statement', verified.verdict)
    return nothingFound
  }
  checks.end(await checkManifest(source, manifest, lat, statement, parts.signedBytes))
  checks.add('statement', parts.statement)
  const box = boxVerdict(statement.box, anchors)
  checks.add('box', box, box.status === 'invalid')

  checks.begin('documents')
  const { verdict, documents } = await checkDocuments(crypto, source, statement, options.document)
  checks.end(verdict)

  checks.add('lat-tree', parts.tree)
  checks.add('lat-token', parts.token.verdict)
  checks.add('lat-signature', parts.signature)

  checks.begin('openings')
  const openings = parseOpenings(await read(source, entryName.openings))
  const metadata = await optional(entryName.metadata)
  checks.end(checkOpenings(crypto, statement, openings, metadata))

  checks.begin('inclusion')
  const checkpointNote = fromUtf8(await read(source, entryName.checkpoint))
  const note = parseNote(checkpointNote)
  const checkpoint = parseCheckpoint(note.text)
  const traces = await checkTraces(crypto, source, manifest, checkpoint, checkpointNote)
  checks.add(
    'deposit-trace',
    traces.deposit === undefined
      ? traces.verdict
      : checkDeposit(crypto, traces.deposit, statement, latBytes, openings),
  )
  checks.add('inclusion', traces.verdict)

  checks.begin('checkpoint')
  checks.end(await checkCheckpoint(crypto, note, checkpoint, anchors))
  checks.begin('cosignatures')
  const cosigned = await checkCosignatures(crypto, note, anchors)
  // What a witness doesn't say lowers the state that is reported, not the validity.
  const wantsWitness = options.requireWitness === true || cosigned.verdict.status === 'invalid'
  checks.end(cosigned.verdict, wantsWitness)

  checks.begin('audit-receipt')
  const receipt = await optional(entryName.auditReceipt)
  const receiptText = receipt && fromUtf8(receipt)
  const audited = await checkAuditReceipt(crypto, receiptText, checkpoint, traces.lastSeq, anchors)
  checks.end(audited.verdict, audited.verdict.status === 'invalid')

  const blocks = checkBlocks([...(manifest.blocks ?? []), ...(lat.blocks ?? []), ...traces.blocks])
  checks.add('blocks', blocks.verdict)
  checks.begin('verify-script')
  const script = scriptVerdict(crypto, await read(source, entryName.script), anchors)
  checks.end(script, false)

  const facts: BundleFacts = {
    box: statement.box,
    origin: checkpoint.origin,
    vault: statement.vault,
    object: statement.object,
    documents,
    receivedAt: statement.receivedAt,
    token:
      parts.token.genTime === undefined
        ? null
        : { genTime: parts.token.genTime, authority: parts.token.authority ?? '' },
    state: cosigned.witnesses.length > 0 ? 'witnessed' : 'accepted',
    witnesses: cosigned.witnesses,
    checkpointSize: checkpoint.size,
    audit: audited.audit,
    depositor: depositorOf(openings),
    hasMetadata: metadata !== undefined,
    traces: traces.facts,
  }
  const open: [boolean, NotProved][] = [
    [documents.some((document) => document.compared === null), 'document-not-compared'],
    [cosigned.witnesses.length === 0, 'no-witness'],
    [true, 'time-is-the-boxes-claim'],
    [audited.audit !== null && !audited.isRootCompared, 'audit-root-not-compared'],
    [blocks.notChecked.length > 0, 'blocks-not-checked'],
    [blocks.ignored.length > 0, 'blocks-ignored'],
    [script.status !== 'valid', 'script-not-published'],
    [true, 'revocation-not-checked'],
    [true, 'who-the-depositor-is'],
    [true, 'truth-of-the-content'],
    [true, 'what-happened-later'],
  ]
  return {
    facts,
    notProved: open.filter(([isOpen]) => isOpen).map(([, name]) => name),
    ignoredBlocks: blocks.ignored,
    blocksNotChecked: blocks.notChecked,
  }
}

function read(source: BundleSource, name: string): Promise<Uint8Array> {
  return source.read(name, entryLimit(name))
}

function boxVerdict(box: string, { boxes }: Anchors): Verdict {
  if (boxes === undefined) return cannotTell("the boxes' identifiers (box.txt)")
  return boxes.includes(box)
    ? valid
    : invalid('wrong-box', `the box ${box} is none of those given`, 'statement.json')
}

/** The script is for people without this verifier: another than the published one could say anything. */
function scriptVerdict(
  crypto: EvidenceCrypto,
  script: Uint8Array,
  { releaseDigests }: Anchors,
): Verdict {
  const published = releaseDigests?.get(entryName.script)
  if (published === undefined) {
    return equalBytes(script, utf8(verifyScript))
      ? valid
      : cannotTell('the digest of the published verify.sh (release.sha256)')
  }
  return published.includes(toHex(crypto.hash('sha256', script)))
    ? valid
    : invalid('script-not-published', 'verify.sh is not the published one', entryName.script)
}
