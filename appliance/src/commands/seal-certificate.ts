import { readFile, writeFile } from 'node:fs/promises'
import type { SealDescription } from '../seal-certificate/description.ts'
import { call, reachAsAdministrator, type ApiOptions, type CommandContext } from './reach.ts'

export type SealOptions = Omit<ApiOptions, 'vault'>

export interface RequestOptions extends SealOptions {
  readonly commonName: string
  readonly organization?: string
  readonly organizationId?: string
  readonly organizationalUnit?: string
  readonly locality?: string
  readonly country?: string
  readonly keyType: string
  readonly output?: string
}

export interface ImportOptions extends SealOptions {
  readonly root: string
}

const ADDRESS = '/seal-certificates'

/** Makes a request and writes it: what to send to the certification authority. */
export async function requestCertificate(
  context: CommandContext,
  options: RequestOptions,
): Promise<void> {
  const to = await reachAsAdministrator(context, options)
  const subject = {
    commonName: options.commonName,
    organization: options.organization,
    organizationIdentifier: options.organizationId,
    organizationalUnit: options.organizationalUnit,
    locality: options.locality,
    country: options.country,
  }
  const answer = await call(to, `${ADDRESS}/requests`, post({ subject, keyType: options.keyType }))
  const made = (await answer.json()) as { key: string; request: string }
  if (options.output !== undefined) await writeFile(options.output, made.request)
  if (options.json === true) process.stdout.write(`${JSON.stringify(made)}\n`)
  else if (options.output === undefined) process.stdout.write(made.request)
  else
    process.stdout.write(
      `${options.output}: request for the key ${made.key}, which stays in the box\n`,
    )
}

/** Has the box check a certificate and take it into use. */
export async function importCertificate(
  context: CommandContext,
  file: string,
  options: ImportOptions,
): Promise<void> {
  const to = await reachAsAdministrator(context, options)
  const [certificates, root] = await Promise.all([
    readFile(file, 'latin1'),
    readFile(options.root, 'latin1'),
  ])
  const answer = await call(to, ADDRESS, post({ certificates, root }))
  const imported = (await answer.json()) as SealDescription
  print(options, imported, [
    sentence(imported),
    `Verifiers need its root: copy ${options.root} as seal.pem into their folder of anchors.`,
  ])
}

/** @returns 0, or 1 when deposits need a seal, or had one, and none is in force */
export async function certificateStatus(
  context: CommandContext,
  options: SealOptions,
): Promise<0 | 1> {
  const to = await reachAsAdministrator(context, options)
  const answer = await call(to, ADDRESS)
  const found = (await answer.json()) as {
    required: boolean
    inForce: string | null
    items: SealDescription[]
  }
  const wasUsed = found.items.some(({ state }) => state === 'expired' || state === 'unusable')
  const without = found.required
    ? 'No certificate is in force: DEPOSITS ARE REFUSED.'
    : 'No certificate is in force: deposits carry the box’s own signature alone.'
  print(options, found, [
    ...(found.inForce === null ? [without] : []),
    ...found.items.map(sentence),
  ])
  return found.inForce === null && (found.required || wasUsed) ? 1 : 0
}

export async function withdrawCertificate(
  context: CommandContext,
  key: string,
  options: SealOptions & { reason: string },
): Promise<void> {
  const to = await reachAsAdministrator(context, options)
  const address = `${ADDRESS}/${encodeURIComponent(key)}/withdrawal`
  await call(to, address, post({ reason: options.reason }))
  print(options, { key, withdrawn: true }, [`${key}: withdrawn, seals no deposit from now on`])
}

const post = (body: unknown) => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})

function print({ json }: SealOptions, value: unknown, sentences: readonly string[]): void {
  process.stdout.write(`${json === true ? JSON.stringify(value) : sentences.join('\n')}\n`)
}

function sentence(seal: SealDescription): string {
  const { key, state, subject, issuer, notBefore = '', notAfter = '', fault } = seal
  if (subject === undefined) return `${key}  ${state}${fault === undefined ? '' : `: ${fault}`}`
  return `${key}  ${state}: ${subject}, by ${issuer ?? ''}, from ${notBefore} to ${notAfter}`
}
