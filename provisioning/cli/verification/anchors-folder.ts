import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { anchorFileNames, EvidenceError, parseAnchors, type Anchors } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { UnusableInput } from '@probant/verification'

const maximumFileBytes = 16 * 1024 * 1024

/** The trust anchors in a folder (docs/formats.md section 16); none at all without a folder. */
export async function readAnchors(folder: string | undefined): Promise<Anchors> {
  if (folder === undefined) return {}
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory() !== true) throw new UnusableInput(`${folder} is not a folder of anchors`)
  const files = new Map<string, Uint8Array>()
  for (const name of anchorFileNames) {
    const bytes = await readAnchor(join(folder, name))
    if (bytes !== undefined) files.set(name, bytes)
  }
  try {
    return parseAnchors(files, nodeCrypto)
  } catch (cause) {
    if (!(cause instanceof EvidenceError)) throw cause
    throw new UnusableInput(`anchors: ${cause.message}`, { cause })
  }
}

async function readAnchor(path: string): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path)
    if (size > maximumFileBytes) throw new UnusableInput(`${path} is too large`)
    return await readFile(path)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause instanceof UnusableInput
      ? cause
      : new UnusableInput(`${path} can't be read`, { cause })
  }
}
