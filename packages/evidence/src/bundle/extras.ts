import type { Anchors } from '../anchors.ts'
import { checkBlocks, type BlocksReport } from '../blocks.ts'
import { equalBytes, toHex, utf8 } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import { cannotTell, invalid, valid, type Verdict } from '../verdict.ts'
import type { ArchiveProof } from './archive-proof.ts'
import type { BundleJournal } from './journal.ts'
import { entryName } from './names.ts'
import { readEntry } from './source.ts'
import type { BundleUnderCheck } from './under-check.ts'
import { verifyScript } from './verify-script.ts'

export interface ExtrasCheck {
  readonly blocks: BlocksReport
  readonly script: Verdict
  /** Whether the bundle has one: nothing in it is judged. */
  readonly hasAttestation: boolean
}

/** Extensions anywhere in the bundle, and the script for people without this verifier. */
export async function checkBlocksAndScript(
  { crypto, source, manifest, anchors, checks }: BundleUnderCheck,
  { lat }: ArchiveProof,
  { traces }: BundleJournal,
): Promise<ExtrasCheck> {
  const all = [...(manifest.blocks ?? []), ...(lat.blocks ?? []), ...traces.blocks]
  const blocks = checkBlocks(all)
  checks.add('blocks', blocks.verdict)
  checks.begin('verify-script')
  const bytes = await readEntry(source, entryName.script)
  const script = scriptVerdict(crypto, bytes, anchors)
  checks.end(script, false)
  const attestations: readonly string[] = [entryName.attestationFr, entryName.attestationEn]
  const hasAttestation = manifest.entries.some(({ name }) => attestations.includes(name))
  return { blocks, script, hasAttestation }
}

/** Another script than the published one could say anything. */
function scriptVerdict(hashing: Hashing, script: Uint8Array, { releaseDigests }: Anchors): Verdict {
  const published = releaseDigests?.get(entryName.script)
  if (published === undefined) {
    return equalBytes(script, utf8(verifyScript))
      ? valid
      : cannotTell('the digest of the published verify.sh (release.sha256)')
  }
  return published.includes(toHex(hashing.hash('sha256', script)))
    ? valid
    : invalid('script-not-published', 'verify.sh is not the published one', entryName.script)
}
