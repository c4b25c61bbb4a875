import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex, utf8, verifyScript } from '@probant/evidence'
import { writeDurably } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import type { WitnessSettings } from '@probant/shipping'
import type { AuthoritySettings } from '@probant/timestamping'
import { ProvisioningError } from '../errors.ts'
import type { BoxIdentity, CentreIdentity } from '../installation/identities.ts'

/** Writes the folder of trust anchors of docs/formats.md section 16, whole, replacing what was there. */
export async function writeAnchors(
  folder: string,
  box: BoxIdentity,
  centre: CentreIdentity,
  outside: readonly AuthoritySettings[] = [],
  witnesses: readonly WitnessSettings[] = [],
): Promise<void> {
  const files = {
    'journal.vkeys': [box.journalKey, centre.alertJournalKey].join('\n'),
    'lat.pem': box.latKey,
    'witness.vkeys': [...centre.witnessKeys, ...witnesses.flatMap(({ keys }) => keys)].join('\n'),
    'audit.vkeys': centre.auditKey,
    'tsa.pem': box.tsaRoot,
    'box.txt': box.boxId,
    'release.sha256': `${toHex(nodeCrypto.hash('sha256', utf8(verifyScript)))}  verify.sh`,
  }
  const roots = await Promise.all(outside.map(rootsOf))
  await mkdir(folder, { recursive: true, mode: 0o755 })
  const all = roots.length === 0 ? files : { ...files, 'outside-tsa.pem': roots.join('\n') }
  for (const [name, content] of Object.entries(all))
    await writeDurably(join(folder, name), `${content.trimEnd()}\n`, 0o644)
}

async function rootsOf({ name, roots }: AuthoritySettings): Promise<string> {
  return readFile(roots, 'latin1').catch((cause: unknown) => {
    throw new ProvisioningError(
      'bad-configuration',
      `timestamping.authorities: the roots of ${name}, ${roots}, can't be read: correct the name or the file's rights.`,
      cause,
    )
  })
}
