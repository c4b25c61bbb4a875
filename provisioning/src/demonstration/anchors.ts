import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex, utf8, verifyScript } from '@probant/evidence'
import { writeDurably } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import type { BoxIdentity, CentreIdentity } from '../installation/identities.ts'

/** Writes the folder of trust anchors of docs/formats.md section 16, whole, replacing what was there. */
export async function writeAnchors(
  folder: string,
  box: BoxIdentity,
  centre: CentreIdentity,
): Promise<void> {
  const files = {
    'journal.vkeys': [box.journalKey, centre.alertJournalKey].join('\n'),
    'lat.pem': box.latKey,
    'witness.vkeys': centre.witnessKeys.join('\n'),
    'audit.vkeys': centre.auditKey,
    'tsa.pem': box.tsaRoot,
    'box.txt': box.boxId,
    'release.sha256': `${toHex(nodeCrypto.hash('sha256', utf8(verifyScript)))}  verify.sh`,
  }
  await mkdir(folder, { recursive: true, mode: 0o755 })
  for (const [name, content] of Object.entries(files))
    await writeDurably(join(folder, name), `${content.trimEnd()}\n`, 0o644)
}
