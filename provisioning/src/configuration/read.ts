import { readFile } from 'node:fs/promises'
import { checkSettings, HostError } from '@probant/host'
import { isMap, isScalar, LineCounter, parseDocument, type Node } from 'yaml'
import { ProvisioningError } from '../errors.ts'
import { configurationSchema, withDefaults, type Configuration } from './schema.ts'

/**
 * Reads the YAML file that PROBANT_CONFIG names; without one, the defaults.
 * @throws ProvisioningError `bad-configuration`: file, line, what is wrong, the nearest known key
 */
export async function readConfiguration(path: string | undefined): Promise<Configuration> {
  if (path === undefined) return withDefaults({})
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ProvisioningError(
      'bad-configuration',
      `PROBANT_CONFIG names ${path}, which can't be read: correct the name or the file's rights.`,
      error,
    )
  })
  return parseConfiguration(text, path)
}

/** The same on a text; `source` names it in messages. */
export function parseConfiguration(text: string, source: string): Configuration {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const fault = document.errors[0] ?? document.warnings[0]
  if (fault !== undefined) {
    const [sentence] = fault.message.split('\n')
    throw refusal(`${source}:${lines.linePos(fault.pos[0]).line}: ${sentence ?? fault.code}`)
  }
  const content = document.contents
  if (content === null) return withDefaults({})
  const lineOf = (node: Node) => lines.linePos(node.range?.[0] ?? 0).line
  checkNode(content, [], source, lineOf)
  const configuration = withDefaults(check(document.toJS(), source))
  checkTimeZone(configuration.window.timeZone, source)
  checkKeys(configuration.keys, source)
  checkTimestamping(configuration.timestamping, source)
  checkWitnessing(configuration.witnessing, source)
  checkAttestation(configuration.attestation, source)
  checkNetwork(configuration.network, source)
  return configuration
}

/** Each key is checked alone, so that the message can name the line that it stands on. */
function checkNode(
  node: Node,
  path: string[],
  source: string,
  lineOf: (node: Node) => number,
): void {
  const at = (of: Node) => `${source}:${lineOf(of)}`
  if (!isMap<Node, Node | null>(node)) {
    check(nested(path, node.toJSON()), at(node))
    return
  }
  for (const { key, value } of node.items) {
    if (!isScalar(key)) throw refusal(`${at(key)}: a key has to be a plain word`)
    const inner = [...path, String(key.value)]
    check(nested(inner, isMap(value) ? {} : value?.toJSON()), at(key))
    if (isMap(value)) checkNode(value, inner, source, lineOf)
  }
}

function check(value: unknown, where: string) {
  try {
    return checkSettings(configurationSchema, value, where)
  } catch (error) {
    if (error instanceof HostError) throw refusal(error.message, error)
    throw error
  }
}

function nested(path: string[], value: unknown): unknown {
  return path.reduceRight((inner, key) => ({ [key]: inner }), value)
}

function checkTimeZone(timeZone: string, source: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch (error) {
    throw refusal(
      `${source}: window.timeZone: "${timeZone}" is no time zone, for instance Europe/Paris`,
      error,
    )
  }
}

const keysOfProvider = {
  software: [],
  pkcs11: ['module', 'tokenLabel', 'tokenSerial', 'pin', 'sessions'],
  tpm2: ['tcti'],
} as const

/** What a provider needs, and nothing that belongs to another one: a token named for nothing is a mistake. */
function checkKeys(keys: Configuration['keys'], source: string): void {
  const { provider, tokenLabel, tokenSerial, ...given } = keys
  const fail = (what: string) => refusal(`${source}: keys.provider ${provider} ${what}`)
  const own: readonly string[] = ['provider', ...keysOfProvider[provider]]
  const foreign = Object.keys(keys).find((key) => !own.includes(key))
  if (foreign !== undefined) throw fail(`has no use for keys.${foreign}`)
  if (provider === 'tpm2' && given.tcti === undefined) throw fail('needs keys.tcti')
  if (provider !== 'pkcs11') return
  for (const needed of ['module', 'pin'] as const)
    if (given[needed] === undefined) throw fail(`needs keys.${needed}`)
  if (tokenLabel === undefined && tokenSerial === undefined)
    throw fail('needs keys.tokenLabel or keys.tokenSerial')
  if (Object.keys(given.pin ?? {}).length !== 1)
    throw fail('needs one of keys.pin.credential, keys.pin.file and keys.pin.prompt')
}

/** What no key shows alone. */
function checkTimestamping(given: Configuration['timestamping'], source: string): void {
  const { authorities, quorum = 1, proxy, reception } = given
  const fail = (what: string) => refusal(`${source}: timestamping.${what}`)
  const names = authorities.map(({ name }) => name)
  if (new Set(names).size !== names.length) throw fail('authorities has a name twice')
  if (reception === 'outside' && !authorities.some(({ url }) => url !== undefined))
    throw fail('reception: outside needs an authority with a url')
  if (quorum > 1 && quorum > names.length)
    throw fail(`quorum asks for ${quorum} of ${names.length} authorities`)
  for (const { name, url, via } of authorities)
    if ((url === undefined) === (via === undefined))
      throw fail(`authorities: ${name} needs either url or via: supervisor`)
  if (proxy !== undefined && proxy.url === undefined) throw fail('proxy needs proxy.url')
  for (const login of [proxy, ...authorities].flatMap((each) => each?.login ?? []))
    if (Object.keys(login).length !== 1) throw fail('login needs one of credential and file')
}

/** Who is to cosign has to be there; under one name nobody cosigns twice. */
function checkWitnessing(given: Configuration['witnessing'], source: string): void {
  const { required, witnesses } = given
  const names = witnesses.map(({ name }) => name)
  const fail = (what: string) => refusal(`${source}: witnessing.${what}`)
  if (new Set(names).size !== names.length) throw fail('witnesses has a name twice')
  if (required > names.length + 1)
    throw fail(`required asks for ${required} of ${names.length + 1} witnesses`)
}

/** A TPM that no maker vouches for enrols nothing, and a maker alone attests nothing. */
function checkNetwork(network: Configuration['network'], source: string): void {
  const needed = ['address', 'certificate', 'key', 'allowed'] as const
  const missing = network && needed.find((key) => network[key] === undefined)
  if (missing !== undefined) throw refusal(`${source}: network needs network.${missing}`)
}

function checkAttestation(attestation: Configuration['attestation'], source: string): void {
  if (attestation === undefined) return
  const { tcti, manufacturerRoots, pcrs = [] } = attestation
  const fail = (what: string) => refusal(`${source}: attestation ${what}`)
  if (tcti === undefined) throw fail('needs attestation.tcti')
  if (manufacturerRoots === undefined) throw fail('needs attestation.manufacturerRoots')
  if (pcrs.some((pcr, at) => at > 0 && pcr < (pcrs[at - 1] ?? 0)))
    throw fail('takes attestation.pcrs in rising order')
}

function refusal(fault: string, cause?: unknown): ProvisioningError {
  return new ProvisioningError(
    'bad-configuration',
    `${fault} (every key is described in docs/configuration.md).`,
    cause,
  )
}
