import { verifyToken, type EvidenceCrypto } from '@probant/evidence'
import type { Clock } from '@probant/host'
import { tokenIn } from './answer.ts'
import { withAttempts } from './attempts.ts'
import { insist, listsFor, postRequest, rootsOf } from './authority.ts'
import { TimestampError } from './errors.ts'
import { readRequest } from './request.ts'
import type { RelayedAnswer } from './route.ts'
import type { AuthoritySettings, ProxySettings } from './settings.ts'

export interface RelayContext {
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly proxy: ProxySettings | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Posts somebody else's request to one of our authorities. What comes back is checked against our roots first, so that only
 * certificates under them can name the addresses at which revocation lists are fetched.
 * @throws TimestampError `not-a-request` when the bytes aren't exactly one; else as an authority's own client
 */
export async function relayRequest(
  settings: AuthoritySettings,
  request: Uint8Array,
  context: RelayContext,
): Promise<RelayedAnswer> {
  const asked = readRequest(request)
  const { name, policies = [] } = settings
  if (asked.policy !== undefined && policies.length > 0 && !policies.includes(asked.policy))
    throw new TimestampError('not-a-request', `${name} isn't asked for the policy ${asked.policy}`)
  const roots = await rootsOf(settings)
  const { crypto, clock, signal } = context
  const answer = await withAttempts(clock, signal, () => postRequest(settings, request, context))
  const { imprint, imprintAlgorithm } = asked
  const expected = { imprint, imprintAlgorithm, roots, policies }
  const {
    verdict,
    path = [],
    genTime = '',
  } = await verifyToken(crypto, tokenIn(answer, name), expected)
  insist(name, verdict)
  return { answer, lists: await listsFor(settings, path, Date.parse(genTime), context) }
}
