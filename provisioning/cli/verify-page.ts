import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { writeDurably } from '@probant/host'
import type { Command } from 'commander'

const SOURCES = join(import.meta.dirname, '../../packages/verification/page')

/** `probant verify-page`: the verifier as one HTML file, for machines without Probant or a network. */
export function register(program: Command): void {
  program
    .command('verify-page')
    .description('Write the verifier as one HTML file that works offline.')
    .argument('<file>', 'where to write it, for instance probant-verify.html')
    .addHelpText(
      'after',
      '\nPrints the SHA-256 of the file as sha256sum does: the same release gives the same file. Keep it beside your trust anchors.',
    )
    .action(async (file: string) => {
      // a build tool, which other commands needn't wait for
      const { buildSingleFile } = await import('../src/pages/single-file.ts')
      const page = await buildSingleFile(SOURCES)
      await writeDurably(file, page, 0o644)
      process.stdout.write(`${createHash('sha256').update(page).digest('hex')}  ${file}\n`)
    })
}
