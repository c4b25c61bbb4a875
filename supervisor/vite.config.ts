import { fileURLToPath } from 'node:url'
import type { UserConfig } from 'vite'

const config: UserConfig = {
  root: fileURLToPath(new URL('portal', import.meta.url)),
  base: '/',
  // Nothing inline: the content security policy allows only files of the site itself.
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, target: 'es2023' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
}

export default config
