import { Argument, type Command } from 'commander'
import type { RotateOptions } from './rotate.ts'

/** Adds `box rotate`. */
export function registerRotation(box: Command, settings: (command: Command) => Command): void {
  settings(
    box
      .command('rotate')
      .description(
        'new keys while the service runs: of the hardware root, of one vault, or of a whole epoch',
      ),
  )
    .addArgument(new Argument('[level]', 'what to rotate').choices(['root', 'vault', 'all']))
    .argument('[vault]', 'id of the vault, for level vault')
    .option('--status', 'only show how the keys stand')
    .option(
      '--now',
      'destroy what is replaced as soon as nothing needs it: backups made before can’t be opened then',
    )
    .option('--json', 'print JSON')
    .action(
      async (level: RotateOptions['level'], vault: string | undefined, options: RotateOptions) => {
        const { rotate } = await import('./rotate.ts')
        process.exitCode = await rotate({ ...options, level, vault })
      },
    )
}
