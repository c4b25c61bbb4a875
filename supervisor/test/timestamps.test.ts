import { fromBase64, toHex } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { encodeRequest } from '@probant/timestamping'
import { answer, hasOpenssl, OpensslAuthority } from '@probant/timestamping/testing'
import t from 'tap'
import { TestCentre } from './support/centre.ts'

const skip = hasOpenssl ? false : 'the openssl command is not installed'

const request = (nonce = 1, policy?: string) =>
  encodeRequest({
    imprint: new Uint8Array(64).fill(7),
    imprintAlgorithm: 'sha512',
    policy,
    nonce: Uint8Array.of(64, nonce),
  })

void t.test(
  'requests of boxes go to the authorities that the centre knows',
  { skip },
  async (t) => {
    const authority = await OpensslAuthority.start()
    t.teardown(() => authority.close())
    const centre = await TestCentre.start(t)
    const agent = await centre.connect(await centre.follow('box'))
    t.match(await agent.timestamp('outside', request()), { status: 404 }, 'none configured')
    const authorities = [authority.settings]
    centre.settings.timestamping = { authorities, perBoxDaily: 4 }
    t.match(await agent.timestamp('another', request()), { status: 404 })
    t.equal(authority.requests.length, 0)

    const given = await agent.timestamp('outside', request())
    t.match(given, { status: 200, lists: { length: 1 } })
    const sha256 = (bytes: Uint8Array) => toHex(nodeCrypto.hash('sha256', bytes))
    const { answer: granted = '' } = given
    t.match(await centre.entriesOf('timestamp-relayed'), [
      {
        outcome: 'done',
        data: {
          box: 'box',
          authority: 'outside',
          requestSha256: sha256(request()),
          answerSha256: sha256(fromBase64(granted)),
        },
      },
    ])

    t.match(await agent.timestamp('outside', Uint8Array.of(1, 2, 3)), { status: 422 })
    const padded = Buffer.concat([request(), Buffer.of(0)])
    t.match(await agent.timestamp('outside', padded), { status: 422 }, 'nothing but a request')
    t.equal(authority.requests.length, 1, 'the authority saw neither')
    await authority.certificate('stranger', 'both')
    authority.misbehaviour = async (one, query, response) => {
      answer(response, await one.replyBy('stranger', query))
    }
    t.match(await agent.timestamp('outside', request(2)), { status: 502, reason: /^\S+: / })
    t.match(await centre.entriesOf('timestamp-relayed', 2), [{}, { outcome: 'failed' }])
    t.match(await agent.timestamp('outside', request(3)), { status: 429 }, 'more than four today')
    centre.clock.advance(86_400_000)
    authority.misbehaviour = undefined
    t.match(await agent.timestamp('outside', request(4)), { status: 200 }, 'another day')
    await agent.bye()
  },
)
