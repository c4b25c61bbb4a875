import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import preact from '@preact/preset-vite'
import { writeDurably } from '@probant/host'
import { build } from 'vite'

/** Browser pages of one service: where their sources are and where the service finds the result. */
export interface Pages {
  /** Folder with an index.html. */
  sources: string
  /** Further folders whose change makes them stale. */
  dependsOn: string[]
  output: string
}

const HASH_FILE = '.sources.sha256'

/**
 * Builds pages when what they are made from changed since the last build.
 * @returns whether it built; false also when the sources don't exist
 */
export async function buildPages({ sources, dependsOn, output }: Pages): Promise<boolean> {
  if (!existsSync(join(sources, 'index.html'))) return false
  const digest = await digestOf([sources, ...dependsOn])
  const kept = await readFile(join(output, HASH_FILE), 'utf8').catch(() => '')
  if (kept === digest) return false
  const fresh = `${output}.new`
  await build({
    root: sources,
    base: '/',
    configFile: false,
    logLevel: 'error',
    plugins: [preact()],
    cacheDir: `${output}.cache`,
    build: {
      outDir: fresh,
      emptyOutDir: true,
      sourcemap: false,
      target: 'es2023',
      // Nothing inline: the content security policy allows only files of the site itself.
      assetsInlineLimit: 0,
    },
  })
  await writeDurably(join(fresh, HASH_FILE), digest)
  await rm(output, { recursive: true, force: true })
  await rename(fresh, output)
  return true
}

async function digestOf(folders: string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes('/node_modules/'))
    for (const path of files.sort())
      hash.update(`${path}\n`).update(
        createHash('sha256')
          .update(await readFile(path))
          .digest(),
      )
  }
  return hash.digest('hex')
}
