import type { Command } from 'commander'

/** Adds `box renewals` and `box renew`. */
export function registerRenewals(box: Command, settings: (command: Command) => Command): void {
  settings(
    box
      .command('renewals')
      .description(
        'what stops proving and when: outside tokens, certificates, algorithms; exit 1 when something is near its end',
      ),
  )
    .option('--json', 'print JSON')
    .action(async (options: { settings: string; json?: boolean }) => {
      const { renewals } = await import('./renewals.ts')
      process.exitCode = await renewals(options)
    })
  settings(
    box
      .command('renew')
      .description(
        'renew outside tokens that are due without waiting for the next round; exit 1 when it can’t be done',
      ),
  )
    .option('--now', 'all that still proves, however long it will')
    .option('--json', 'print JSON')
    .action(async (options: { settings: string; now?: boolean; json?: boolean }) => {
      const { renew } = await import('./renewals.ts')
      process.exitCode = await renew(options)
    })
}
