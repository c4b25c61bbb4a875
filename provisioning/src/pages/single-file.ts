import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import preact from '@preact/preset-vite'
import { build } from 'vite'
import { viteSingleFile } from 'vite-plugin-singlefile'

/**
 * Builds a page into one HTML file that needs nothing else. Its content security policy lets it load and send nothing, and run only the
 * script that it was built with. The same sources and dependencies give the same bytes.
 * @param sources folder with an index.html
 */
export async function buildSingleFile(sources: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'probant-page-'))
  try {
    await build({
      root: sources,
      base: './',
      configFile: false,
      logLevel: 'error',
      plugins: [preact(), viteSingleFile({ removeViteModuleLoader: true })],
      cacheDir: join(folder, 'cache'),
      build: { outDir: join(folder, 'page'), sourcemap: false, target: 'es2023' },
    })
    return withPolicy(await readFile(join(folder, 'page/index.html'), 'utf8'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Content Security Policy Level 3, section 2.3.1: by the digests of what stands in the page. */
function withPolicy(html: string): string {
  const digests = (element: 'script' | 'style') =>
    [...html.matchAll(new RegExp(`<${element}\\b[^>]*>(.*?)</${element}>`, 'gs'))].map(
      ([, content = '']) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`,
    )
  const policy = [
    "default-src 'none'",
    `script-src ${digests('script').join(' ')}`,
    `style-src ${digests('style').join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return html.replace(
    '<meta charset="utf-8" />',
    `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
  )
}
