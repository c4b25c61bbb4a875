import { readFile } from 'node:fs/promises'
import {
  EvidenceError,
  parsePem,
  verifyRevocation,
  verifyToken,
  type EvidenceCrypto,
  type Verdict,
} from '@probant/evidence'
import { formatTime, type Clock, type Randomness } from '@probant/host'
import { tokenIn } from './answer.ts'
import { TimestampError } from './errors.ts'
import { exchange } from './http.ts'
import { encodeRequest, type ImprintAlgorithm } from './request.ts'
import { fetchRevocationLists } from './revocation.ts'
import type { AuthoritySettings, ProxySettings } from './settings.ts'

/** Tokens with their certificates take some kilobytes. */
const LIMIT_BYTES = 64 * 1024
const TIMEOUT_SECONDS = 20

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

export interface AuthorityContext {
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly proxy: ProxySettings | undefined
  readonly clockToleranceMs: number
  readonly signal: AbortSignal | undefined
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
  const { name, url, policies = [], login, tlsRoots } = settings
  const { crypto, clock, proxy, signal } = context
  const timeoutMs = (settings.timeoutSeconds ?? TIMEOUT_SECONDS) * 1000
  const roots = await rootsOf(settings)
  const nonce = newNonce(context.randomness)
  const askedAtMs = clock.nowMs()
  const body = {
    type: 'application/timestamp-query',
    bytes: encodeRequest({ imprint, imprintAlgorithm, policy: policies[0], nonce }),
  }
  const limits = { timeoutMs, limitBytes: LIMIT_BYTES }
  const how = { url, method: 'POST', body, login, proxy, tlsRoots, signal, ...limits } as const
  const answer = await exchange(how)
  if (answer.type !== 'application/timestamp-reply')
    throw new TimestampError('not-an-answer', `${name} answers with the type "${answer.type}"`)
  const token = tokenIn(answer.bytes, name)
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
  const lists: Uint8Array[] = []
  if (settings.revocation !== 'none') {
    const fetched = await fetchRevocationLists(path, { proxy, timeoutMs, signal })
    const verdict = await verifyRevocation(crypto, path, fetched, genTimeMs)
    insist(name, verdict, fetched.failures[0])
    lists.push(...fetched.lists)
  }
  const certificates = path.map(({ der }) => der)
  return { authority: name, token, genTime, serial, policy, subject, path: certificates, lists }
}

function insist(authority: string, verdict: Verdict, cause?: unknown): void {
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

async function rootsOf({ name, roots }: AuthoritySettings): Promise<Uint8Array[]> {
  try {
    return parsePem(await readFile(roots, 'latin1'), 'CERTIFICATE')
  } catch (cause) {
    const why = cause instanceof EvidenceError ? cause.message : 'it can’t be read'
    const what = `the roots of ${name} in ${roots}: ${why}`
    throw new TimestampError('bad-settings', what, { cause })
  }
}
