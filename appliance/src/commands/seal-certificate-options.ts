import { Option, type Command } from 'commander'
import type { CommandContext } from './reach.ts'
import type { ImportOptions, RequestOptions, SealOptions } from './seal-certificate.ts'

/** Adds `box seal-certificate …`: the client's certificate that seals archive proofs beside the box's own key. */
export function registerSealCertificate(box: Command, context: CommandContext): void {
  const group = box
    .command('seal-certificate')
    .description('the client’s certificate that seals archive proofs (cachet)')
  const reaching = (command: Command) =>
    command
      .option('--api <url>', 'address of the box’s API, ending in /api/v1 (or PROBANT_API)')
      .option('--token <token>', 'a technical administrator’s token (or PROBANT_TOKEN)')
      .option('--json', 'print JSON')
  reaching(group.command('request').description('make a PKCS #10 request, its key in the box'))
    .requiredOption('--common-name <name>', 'CN: name of the seal')
    .option('--organization <name>', 'O')
    .option('--organization-id <id>', 'organizationIdentifier, such as NTRFR-123456789')
    .option('--organizational-unit <name>', 'OU')
    .option('--locality <name>', 'L')
    .option('--country <code>', 'C: two letters')
    .addOption(
      new Option('--key-type <type>', 'type of the key, as your certification authority asks')
        .choices(['ec-p256', 'rsa-3072'])
        .default('ec-p256'),
    )
    .option('--output <file>', 'where to write the request (default: standard output)')
    .action(async (options: RequestOptions) => {
      const { requestCertificate } = await import('./seal-certificate.ts')
      await requestCertificate(context, options)
    })
  reaching(group.command('import').description('take a certificate into use, once it was checked'))
    .argument('<certificates>', 'PEM: the certificate and its issuers')
    .requiredOption('--root <file>', 'PEM: the root that verifiers will be given')
    .action(async (file: string, options: ImportOptions) => {
      const { importCertificate } = await import('./seal-certificate.ts')
      await importCertificate(context, file, options)
    })
  reaching(
    group
      .command('status')
      .description('certificates with their dates; exit 1 when one is needed and none is in force'),
  ).action(async (options: SealOptions) => {
    const { certificateStatus } = await import('./seal-certificate.ts')
    process.exitCode = await certificateStatus(context, options)
  })
  reaching(group.command('withdraw').description('take a certificate out of use for good'))
    .argument('<key>', 'name of its key, as status says')
    .requiredOption('--reason <reason>', 'revoked, superseded or other')
    .action(async (key: string, options: SealOptions & { reason: string }) => {
      const { withdrawCertificate } = await import('./seal-certificate.ts')
      await withdrawCertificate(context, key, options)
    })
}
