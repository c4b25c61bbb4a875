import type { Command } from 'commander'
import type { TpmPlace } from './tpm.ts'

/** Adds `box tpm-state`, `tpm-approve` and `tpm-raise-version`: in which states the TPM gives this box its keys. */
export function registerTpm(box: Command, withSettings: (command: Command) => Command): void {
  const ofTpm = (command: Command) =>
    withSettings(command).option('--tcti <place>', 'which TPM, before there are settings')
  ofTpm(
    box
      .command('tpm-state')
      .description('print the state of this machine for the holder of the policy key to approve'),
  )
    .option('--pcrs <list>', 'registers that an approval shall hold to', '0,2,4,7,9,11')
    .action(async (options: TpmPlace & { pcrs: string }) => {
      const { printState } = await import('./tpm.ts')
      await printState(options)
    })
  box
    .command('tpm-approve')
    .description('approve a state, where the policy key is kept; prints the approval')
    .argument('<state>', 'what tpm-state printed on the box')
    .requiredOption('--key <file>', 'private half of the policy key, EC P-256, PEM')
    .requiredOption('--state-version <number>', 'number of this release: void once it is too low')
    .action(async (file: string, options: { key: string; stateVersion: string }) => {
      const { approveState } = await import('./tpm.ts')
      await approveState(file, { key: options.key, version: options.stateVersion })
    })
  ofTpm(
    box
      .command('tpm-raise-version')
      .description('make approvals of lower versions void, for ever')
      .argument('<number>', 'lowest version that may still get the keys'),
  ).action(async (version: string, options: TpmPlace) => {
    const { raiseVersion } = await import('./tpm.ts')
    await raiseVersion(version, options)
  })
}
