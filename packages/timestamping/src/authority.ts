import { readFile } from 'node:fs/promises'
import {
  EvidenceError,
  parsePem,
  verifyRevocation,
  verifyToken,
  type AuthorityCertificate,
  type EvidenceCrypto,
  type Verdict,
} from '@probant/evidence'
import { formatTime, type Clock, type Randomness } from '@probant/host'
import { tokenIn } from './answer.ts'
import { TimestampError } from './errors.ts'
import { exchange } from './http.ts'
import type { Relay } from './route.ts'
import { encodeRequest, type ImprintAlgorithm } from './request.ts'
import { fetchRevocationLists } from './revocation.ts'
import type { AuthoritySettings, ProxySettings } from './settings.ts'

/** Tokens with their certificates take some kilobytes. */
const LIMIT_BYTES = 64 * 1024
const TIMEOUT_SECONDS = 20
/** By way of the centre: until a head goes there, and the answer has come. */
const RELAYED_SECONDS = 900

/** A token that passed every check, with what it takes to pass them again. */
export interface AcceptedToken {
  /** The authority's name in the settings. */
  readonly authority: string
  /** TimeStampToken, DER. */
  readonly token: Uint8Array
  /** RFC 3339, UTC. */
  readonly genTime: string
  readonly serial: string
  readonly policy: string
  /** Name in the certificate of whoever signed. */
  readonly subject: string
  /** The signer's certificate, then its issuers up to the configured root; DER. */
  readonly path: readonly Uint8Array[]
  /** Revocation lists that cover the path, as they were fetched after the token; DER. */
  readonly lists: readonly Uint8Array[]
}

interface HowToReach {
  readonly proxy: ProxySettings | undefined
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal | undefined
}

export interface AuthorityContext extends HowToReach {
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly clockToleranceMs: number
  /** How an authority is reached that has no address here. */
  readonly relay?: Relay | undefined
}

/**
 * One token over an imprint from one authority: asked for once, and accepted only when nothing is wrong and every check could be
 * run: imprint, nonce, policy, signature, certificate and its path to a configured root at genTime, revocation, a plausible time.
 * @throws TimestampError
 */
export async function askAuthority(
  settings: AuthoritySettings,
  imprint: Uint8Array,
  imprintAlgorithm: ImprintAlgorithm,
  context: AuthorityContext,
): Promise<AcceptedToken> {
  const { name, policies = [] } = settings
  const { crypto, clock } = context
  const roots = await rootsOf(settings)
  const nonce = newNonce(context.randomness)
  const askedAtMs = clock.nowMs()
  const request = encodeRequest({ imprint, imprintAlgorithm, policy: policies[0], nonce })
  const brought = await bring(settings, request, context)
  const token = tokenIn(brought.answer, name)
  const expected = { imprint, imprintAlgorithm, roots, nonce, policies }
  const found = await verifyToken(crypto, token, expected)
  insist(name, found.verdict)
  const { genTime = '', serial = '', policy = '', authority: subject = '', path = [] } = found
  const genTimeMs = Date.parse(genTime)
  const early = askedAtMs - context.clockToleranceMs
  if (genTimeMs < early || genTimeMs > clock.nowMs() + context.clockToleranceMs) {
    const here = formatTime(clock.nowMs())
    const what = `${name} states the time ${genTime}, this machine's clock ${here}`
    throw new TimestampError('implausible-time', what)
  }
  const lists = await listsFor(settings, path, genTimeMs, context, brought.lists)
  const certificates = path.map(({ der }) => der)
  return { authority: name, token, genTime, serial, policy, subject, path: certificates, lists }
}

/** By the way that the settings name. */
async function bring(
  settings: AuthoritySettings,
  request: Uint8Array,
  context: AuthorityContext,
): Promise<{ answer: Uint8Array; lists?: readonly Uint8Array[] }> {
  const { name, via, timeoutSeconds = RELAYED_SECONDS } = settings
  if (via === undefined) return { answer: await postRequest(settings, request, context) }
  const { relay, signal } = context
  if (relay === undefined)
    throw new TimestampError('bad-settings', `${name}: there is no way by the supervision centre`)
  return relay(name, request, { timeoutMs: timeoutSeconds * 1000, signal })
}

/** The authority's answer to a request, as it came. @throws TimestampError */
export async function postRequest(
  { name, url, login, tlsRoots, timeoutSeconds = TIMEOUT_SECONDS }: AuthoritySettings,
  request: Uint8Array,
  { proxy, signal }: HowToReach,
): Promise<Uint8Array> {
  if (url === undefined) throw new TimestampError('bad-settings', `${name} has no url`)
  const body = { type: 'application/timestamp-query', bytes: request }
  const limits = { timeoutMs: timeoutSeconds * 1000, limitBytes: LIMIT_BYTES }
  const how = { url, method: 'POST', body, login, proxy, tlsRoots, signal, ...limits } as const
  const answer = await exchange(how)
  if (answer.type !== 'application/timestamp-reply')
    throw new TimestampError('not-an-answer', `${name} answers with the type "${answer.type}"`)
  return answer.bytes
}

/**
 * The revocation lists that show that no certificate of a path was revoked then: those that were brought, else fetched where the
 * certificates say. None where the authority publishes none.
 * @throws TimestampError `bad-token`, `not-verifiable`
 */
export async function listsFor(
  { name, revocation, timeoutSeconds = TIMEOUT_SECONDS }: AuthoritySettings,
  path: readonly AuthorityCertificate[],
  atMs: number,
  context: HowToReach & { readonly crypto: EvidenceCrypto },
  brought?: readonly Uint8Array[],
): Promise<readonly Uint8Array[]> {
  if (revocation === 'none') return []
  const timeoutMs = timeoutSeconds * 1000
  const fetched =
    brought === undefined
      ? await fetchRevocationLists(path, { ...context, timeoutMs })
      : { lists: [...brought], failures: [] }
  const verdict = await verifyRevocation(context.crypto, path, fetched, atMs)
  insist(name, verdict, fetched.failures[0])
  return fetched.lists
}

/** @throws TimestampError unless it is valid */
export function insist(authority: string, verdict: Verdict, cause?: unknown): void {
  if (verdict.status === 'valid') return
  const why = cause instanceof Error ? ` (${cause.message})` : ''
  throw verdict.status === 'invalid'
    ? new TimestampError('bad-token', `${authority}: ${verdict.what} (${verdict.code})`)
    : new TimestampError('not-verifiable', `${authority}: there is no ${verdict.missing}${why}`, {
        cause,
      })
}

/** 62 random bits: as many as every authority takes, and as RFC 3161 section 2.4.1 recommends. */
function newNonce(randomness: Randomness): Uint8Array {
  const bytes = Uint8Array.from(randomness.bytes(8))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes
}

/** @throws TimestampError `bad-settings` */
export async function rootsOf({ name, roots }: AuthoritySettings): Promise<Uint8Array[]> {
  try {
    return parsePem(await readFile(roots, 'latin1'), 'CERTIFICATE')
  } catch (cause) {
    const why = cause instanceof EvidenceError ? cause.message : 'it can’t be read'
    const what = `the roots of ${name} in ${roots}: ${why}`
    throw new TimestampError('bad-settings', what, { cause })
  }
}
