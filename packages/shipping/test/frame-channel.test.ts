import { Duplex, duplexPair } from 'node:stream'
import t from 'tap'
import { encodeFrame, FrameChannel, guardChannel } from '../src/index.ts'

void t.test('frames both ways, then an end between two frames', async (t) => {
  const [left, right] = duplexPair()
  const agent = new FrameChannel(left)
  const centre = new FrameChannel(right)
  const sent = agent.send('segment', new Uint8Array(3_000_000).fill(1))
  t.equal((await centre.receive(5000))?.payload.length, 3_000_000)
  await sent
  await centre.sendMessage('error', { reason: 'none' })
  t.equal((await agent.receive(5000))?.name, 'error')
  agent.end()
  t.equal(await centre.receive(5000), undefined)
})

void t.test('send waits until the peer takes what was sent', async (t) => {
  const [left, right] = duplexPair()
  const agent = new FrameChannel(left)
  const payload = new Uint8Array(1_000_000)
  await t.rejects(agent.send('segment', payload, 20), { code: 'too-slow' })
  const centre = new FrameChannel(right)
  const second = agent.send('segment', payload)
  t.equal((await centre.receive(5000))?.payload.length, 1_000_000)
  t.equal((await centre.receive(5000))?.payload.length, 1_000_000)
  await second
})

void t.test(
  'a cut inside a frame, a slow peer and a broken stream have each their name',
  async (t) => {
    const [left, right] = duplexPair()
    left.end(encodeFrame('hello', new Uint8Array(100)).subarray(0, 50))
    await t.rejects(new FrameChannel(right).receive(5000), { code: 'cut-short' })

    const [, silent] = duplexPair()
    await t.rejects(new FrameChannel(silent).receive(20), { code: 'too-slow' })

    const [dripping, slow] = duplexPair()
    dripping.write(encodeFrame('hello', new Uint8Array(1000)).subarray(0, 5))
    const drip = setInterval(() => dripping.write('\0'), 5)
    await t.rejects(new FrameChannel(slow).receive(60), { code: 'too-slow' })
    clearInterval(drip)

    const broken = new Duplex({ read: () => undefined, write: () => undefined })
    const channel = new FrameChannel(broken)
    const received = channel.receive(5000)
    broken.destroy(new Error('reset'))
    await t.rejects(received, { code: 'cut-short' })
    await t.rejects(channel.send('bye', new Uint8Array()), { code: 'cut-short' })
  },
)

/** A channel with the members that ssh2 gives its own. */
class Channel extends Duplex {
  incoming = { window: 10 }
  outgoing = { packetSize: 32_768 }
  override _read(): void {
    // bytes arrive by `arrive`
  }
  arrive(bytes: Buffer): void {
    this.incoming.window -= bytes.length
    this.push(bytes)
  }
}

void t.test('the first byte beyond the window drops the peer, and nothing more is kept', (t) => {
  const channel = new Channel()
  const dropped: string[] = []
  guardChannel(channel, (error) => dropped.push(error.code))
  channel.arrive(Buffer.alloc(10))
  t.same(dropped, [])
  channel.arrive(Buffer.alloc(1))
  channel.arrive(Buffer.alloc(100_000))
  t.same(dropped, ['window-overrun'])
  t.equal(channel.readableLength, 10)
  t.end()
})

void t.test('tiny packets and unknown channels are refused', (t) => {
  const tiny = new Channel()
  tiny.outgoing.packetSize = 0
  t.throws(() => guardChannel(tiny, () => undefined), { code: 'packet-too-small' })
  const [plain] = duplexPair()
  t.throws(() => guardChannel(plain, () => undefined), /ssh2/)
  t.end()
})
