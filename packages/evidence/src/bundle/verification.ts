import type { Anchors } from '../anchors.ts'
import type { EvidenceCrypto } from '../crypto.ts'
import { invalid, verdictOf } from '../verdict.ts'
import { checkArchiveProof } from './archive-proof.ts'
import { Checks } from './checks.ts'
import { checkDigests, checkListing, checkNames } from './container.ts'
import { verifyDestruction } from './destruction-verification.ts'
import { bundleFacts, notProved } from './facts.ts'
import { checkJournal } from './journal.ts'
import { parseManifest } from './manifest.ts'
import { entryName } from './names.ts'
import type { BundleReport } from './report.ts'
import { checkRetiredAlgorithms } from './retired-algorithms.ts'
import { checkBlocksAndScript } from './extras.ts'
import { readEntry, type BundleSource } from './source.ts'
import type { BundleOptions, BundleUnderCheck } from './under-check.ts'

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
  let findings: Findings = { notProved: [], ignoredBlocks: [], blocksNotChecked: [] }
  try {
    const bundle = await openContainer(crypto, source, anchors, checks, options.atMs)
    if (bundle !== undefined) findings = (await verifyContent(bundle, options)) ?? findings
  } catch (error) {
    // An error that the bundle's content can't cause is thrown again.
    checks.end(verdictOf(error))
  }
  const { atMs } = options
  const at = atMs === undefined ? {} : { at: new Date(atMs).toISOString() }
  return { verdict: checks.verdict(), ...at, checks: checks.made, ...findings }
}

type Findings = Omit<BundleReport, 'verdict' | 'at' | 'checks'>

/** A bundle whose entries are those that one may have; undefined when they are not. */
async function openContainer(
  crypto: EvidenceCrypto,
  source: BundleSource,
  anchors: Anchors,
  checks: Checks,
  atMs: number | undefined,
): Promise<BundleUnderCheck | undefined> {
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
  const manifest = parseManifest(await readEntry(source, entryName.manifest))
  const listing = checkListing(source, manifest)
  checks.end(listing)
  if (listing.status !== 'valid') return undefined
  checks.begin('entry-digests')
  checks.end(await checkDigests(crypto, source, manifest))
  return { crypto, source, manifest, anchors, checks, atMs }
}

/** Undefined when there is no archive proof to go on from. */
async function verifyContent(
  bundle: BundleUnderCheck,
  options: BundleOptions,
): Promise<Findings | undefined> {
  if (bundle.manifest.format === 2) return verifyDestruction(bundle, options)
  const archive = await checkArchiveProof(bundle, options)
  if (archive === undefined) return undefined
  const journal = await checkJournal(bundle, archive, options.requireWitnesses ?? 0)
  const extras = await checkBlocksAndScript(bundle, archive, journal)
  const algorithms = checkRetiredAlgorithms(bundle.anchors, bundle.atMs, archive, journal)
  if (algorithms !== undefined) bundle.checks.add('algorithms', algorithms)
  return {
    facts: bundleFacts(archive, journal, bundle.atMs),
    notProved: notProved(archive, journal, extras, algorithms !== undefined),
    ignoredBlocks: extras.blocks.ignored,
    blocksNotChecked: extras.blocks.notChecked,
  }
}
