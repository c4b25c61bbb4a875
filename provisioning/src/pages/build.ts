import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeDurably } from '@probant/host'
import { ProvisioningError } from '../errors.ts'

const run = promisify(execFile)

/** Browser pages of one service: where their sources are and where the service finds the result. */
interface Pages {
  /** Folder with an index.html. */
  sources: string
  /** Further folders and files whose change makes them stale. */
  dependsOn: string[]
  output: string
}

const HASH_FILE = '.sources.sha256'

/**
 * Builds pages when what they are made from changed since the last build; the result takes the old
 * one's place as a whole.
 * @throws ProvisioningError `part-failed`
 */
export async function buildPages(pages: Pages, interrupted: AbortSignal): Promise<void> {
  const { sources, dependsOn, output } = pages
  const digest = await digestOf([sources, ...dependsOn])
  const kept = await readFile(join(output, HASH_FILE), 'utf8').catch(() => '')
  if (kept === digest) return
  const fresh = `${output}.new`
  const builder = join(import.meta.dirname, 'builder.ts')
  await run(process.execPath, [builder, sources, fresh], { signal: interrupted }).catch(
    (error: unknown) => {
      const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
      throw new ProvisioningError(
        'part-failed',
        `The pages of ${sources} can't be built: ${said.trim() || 'the builder said nothing'}`,
        error,
      )
    },
  )
  await writeDurably(join(fresh, HASH_FILE), digest)
  await rm(output, { recursive: true, force: true })
  await rename(fresh, output)
  await rm(`${fresh}.cache`, { recursive: true, force: true })
}

async function digestOf(folders: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/\/(node_modules|dist)\//.test(path))
    for (const path of files.sort())
      hash.update(`${path}\n`).update(
        createHash('sha256')
          .update(await readFile(path))
          .digest(),
      )
  }
  return hash.digest('hex')
}
