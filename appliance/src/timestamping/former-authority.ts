import { rename } from 'node:fs/promises'
import { equalBytes } from '@probant/evidence'
import { syncFolder } from '@probant/host'
import type { KeyProvider } from '@probant/keys'
import { dirname } from 'node:path'
import { AUTHORITY_LABELS, spkiOf } from './authority.ts'
import { readCertificate, ROOT_FILE } from './certificate-files.ts'

/**
 * After a change of hardware: renames the folder of an authority whose root key this provider doesn't hold. Its certificates stay what
 * they are, the anchors of the tokens that it made. Safe to repeat: an authority of this provider stays where it is.
 */
export async function setFormerAuthorityAside(
  keys: KeyProvider,
  folder: string,
  aside: string,
): Promise<void> {
  const root = await readCertificate(folder, ROOT_FILE)
  if (root === undefined) return
  const ref = await keys.find(AUTHORITY_LABELS.root)
  if (ref !== undefined && equalBytes(spkiOf(root), await keys.publicKey(ref))) return
  await rename(folder, aside)
  await syncFolder(dirname(aside))
}
