import { utf8 } from '@probant/evidence'
import { writeDurably } from '@probant/host'
import { KeyError, type KeyProvider } from '@probant/keys'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { foundOrMadeRoot } from './vault-ciphers.ts'

const LABEL = 'uploads'
const CONTEXT = utf8('probant/uploads-key/v1')

/**
 * The key of uploads under way: 32 bytes in `store/uploads/key`, enclosed by a wrapping key of the box's hardware. One that can't be
 * opened any more (other hardware) is replaced: what was under way is lost with it, and its senders begin anew.
 * @throws KeyError
 */
export async function uploadsKey(keys: KeyProvider, home: string): Promise<Uint8Array> {
  const folder = join(home, 'store', 'uploads')
  const path = join(folder, 'key')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const root = await foundOrMadeRoot(keys, LABEL)
  const stored = await readFile(path).catch(() => undefined)
  if (stored !== undefined)
    try {
      return await keys.open(root, stored, CONTEXT)
    } catch (error) {
      if (!(error instanceof KeyError && error.code === 'altered')) throw error
    }
  const key = await keys.random(32)
  await writeDurably(path, await keys.enclose(root, key, CONTEXT))
  return key
}
