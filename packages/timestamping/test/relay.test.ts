import t, { type Test } from 'tap'
import { createLogger, systemClock, systemRandomness, type Clock } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import {
  encodeRequest,
  NoQuorum,
  relayRequest,
  TimestampClient,
  TimestampError,
  type Relay,
  type RelayedAnswer,
  type TimestampingSettings,
} from '../src/index.ts'
import { hasOpenssl, OpensslAuthority, testPolicy } from '../src/testing/index.ts'

const imprint = nodeCrypto.hash('sha512', Buffer.from('what is dated'))
const log = createLogger({ component: 'test', level: 'silent' })
/** Pauses between attempts take no time. */
const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() }
const skip = hasOpenssl ? false : 'the openssl command is not installed'

async function started(t: Test, name?: string): Promise<OpensslAuthority> {
  const authority = await OpensslAuthority.start(name)
  t.teardown(() => authority.close())
  return authority
}

void t.test('by way of somebody else, and judged here', { skip }, async (t) => {
  const authority = await started(t)
  const { roots } = authority.settings
  const settings: TimestampingSettings = {
    authorities: [{ name: 'outside', via: 'supervisor', roots }],
  }
  const context = { crypto: nodeCrypto, clock, randomness: systemRandomness, log }
  const honest: Relay = (_name, request) =>
    relayRequest(authority.settings, request, { crypto: nodeCrypto, clock, proxy: undefined })
  const stamp = (relay?: Relay) =>
    new TimestampClient(settings, { ...context, relay }).stamp(imprint)
  const { tokens } = await stamp(honest)
  t.match(tokens, [{ authority: 'outside', lists: { length: 1 } }])

  const codeOf = async (relay?: Relay) => {
    const error: unknown = await stamp(relay).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    return error instanceof NoQuorum ? error.failures.map(({ code }) => code) : error
  }
  let first: RelayedAnswer | undefined
  const replayed: Relay = async (...asked) => (first ??= await honest(...asked))
  t.same(await codeOf(replayed), undefined)
  t.same(await codeOf(replayed), ['bad-token'], 'the nonce is this box\u2019s own')
  const listless: Relay = async (...asked) => ({ ...(await honest(...asked)), lists: [] })
  t.same(await codeOf(listless), ['not-verifiable'])
  const other = await started(t, 'elsewhere')
  const stranger: Relay = (_name, request) =>
    relayRequest(other.settings, request, { crypto: nodeCrypto, clock, proxy: undefined })
  t.same(await codeOf(stranger), ['bad-token'], 'the roots are this box\u2019s own')
  t.same(await codeOf(), ['bad-settings'], 'no way there')
  let asked = 0
  const away: Relay = () => {
    asked += 1
    throw new TimestampError('timed-out', 'no centre')
  }
  t.same(await codeOf(away), ['timed-out'])
  t.equal(asked, 1, 'whoever relays tries again')
})

void t.test('what is relayed is a request and nothing else', { skip }, async (t) => {
  const authority = await started(t)
  const relay = (request: Uint8Array, policies?: string[]) =>
    relayRequest(
      { ...authority.settings, ...(policies === undefined ? {} : { policies }) },
      request,
      {
        crypto: nodeCrypto,
        clock,
        proxy: undefined,
      },
    )
  const nonce = Uint8Array.of(64, 1)
  const request = encodeRequest({ imprint, imprintAlgorithm: 'sha512', policy: testPolicy, nonce })
  t.match(await relay(request), { lists: { length: 1 } })
  const refused = { code: 'not-a-request' }
  await t.rejects(relay(request, ['1.2.3']), refused, 'under no policy that we have not')
  await t.rejects(relay(Buffer.concat([request, Buffer.of(0)])), refused)
  await t.rejects(relay(new Uint8Array()), refused)
  const short = encodeRequest({
    imprint: imprint.subarray(32),
    imprintAlgorithm: 'sha512',
    policy: undefined,
    nonce,
  })
  await t.rejects(relay(short), refused)
  t.equal(authority.requests.length, 1)
})
