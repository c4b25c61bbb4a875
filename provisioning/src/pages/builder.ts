/**
 * Builds the pages of one service: `builder.ts SOURCES OUTPUT`. A process of its own, so that the
 * launcher, which runs for months, doesn't carry a build tool in its memory.
 */
import preact from '@preact/preset-vite'
import { build } from 'vite'

const [sources, output] = process.argv.slice(2)
if (sources === undefined || output === undefined) {
  process.stderr.write('usage: builder.ts SOURCES OUTPUT\n')
  process.exit(2)
}
await build({
  root: sources,
  base: '/',
  configFile: false,
  logLevel: 'error',
  plugins: [preact()],
  cacheDir: `${output}.cache`,
  build: {
    outDir: output,
    emptyOutDir: true,
    sourcemap: false,
    target: 'es2023',
    // nothing inline: the content security policy allows only files of the site itself
    assetsInlineLimit: 0,
  },
})
