import { toBase64 } from '@probant/evidence'
import { formatTime } from '@probant/host'
import {
  decodeMessage,
  encodeSegmentPayload,
  FrameChannel,
  SUBSYSTEM,
  type Attestation,
  type AttestationAnswer,
  type HeadAnswer,
  type MessageName,
  type Messages,
  type SegmentAnswer,
  type SegmentPurpose,
  type TimestampAnswer,
  type Welcome,
} from '@probant/shipping'
import ssh2, { type ClientChannel } from 'ssh2'
import { newPrivateKey } from '../../src/ssh/host-key.ts'
import type { TestBox } from './box.ts'

/** An SSH key pair of an agent. */
export interface AgentKey {
  privateKey: string
  /** Base64 of the public key blob. */
  blob: string
}

export function newAgentKey(): AgentKey {
  const privateKey = newPrivateKey()
  const key = ssh2.utils.parseKey(privateKey)
  if (key instanceof Error) throw key
  return { privateKey, blob: toBase64(new Uint8Array(key.getPublicSSH())) }
}

/** A connection of an agent, with the real ssh2 client. */
export class TestAgent {
  readonly client: ssh2.Client
  readonly channel: FrameChannel
  readonly stream: ClientChannel
  welcome: Welcome | undefined
  /** How long an answer is waited for. */
  patienceMs = 10_000

  constructor(client: ssh2.Client, stream: ClientChannel) {
    this.client = client
    this.stream = stream
    this.channel = new FrameChannel(stream)
  }

  static async connect(
    port: number,
    user: string,
    key: AgentKey,
    more: ssh2.ConnectConfig = {},
  ): Promise<TestAgent> {
    const client = await dial(port, user, key, more)
    const stream = await new Promise<ClientChannel>((resolve, reject) =>
      client.subsys(SUBSYSTEM, (error, channel) => {
        if (error === undefined) resolve(channel)
        else reject(error)
      }),
    )
    return new TestAgent(client, stream)
  }

  async hello(
    box: Pick<TestBox, 'origin' | 'size'>,
    {
      databaseSize = box.size,
      boxTimeMs,
      attests = false,
      ...told
    }: {
      databaseSize?: number
      boxTimeMs: number
      attests?: boolean
      stoppedBecause?: string
      depositsStoppedBecause?: string
    },
  ): Promise<Welcome> {
    await this.channel.sendMessage('hello', {
      protocol: 1,
      origin: box.origin,
      boxTime: formatTime(boxTimeMs),
      databaseSize,
      ...told,
      ...(attests ? { attestation: 'tpm2' } : {}),
    })
    this.welcome = await this.read('welcome')
    return this.welcome
  }

  /** Sends the box's newest head with its proof from what was witnessed, unless told otherwise. */
  async head(
    box: TestBox,
    { oldSize = this.welcome?.witnessed?.size ?? 0, note = box.checkpoint() } = {},
  ): Promise<HeadAnswer> {
    const size = Number(note.split('\n')[1])
    const proof = oldSize <= size && size <= box.size ? await box.proof(oldSize, size) : []
    await this.channel.sendMessage('head', { oldSize, note, proof: proof.map(toBase64) })
    return this.read('head-answer')
  }

  async attest(attestation: Attestation): Promise<AttestationAnswer> {
    await this.channel.sendMessage('attestation', attestation)
    return this.read('attestation-answer')
  }

  async timestamp(authority: string, request: Uint8Array): Promise<TimestampAnswer> {
    await this.channel.sendMessage('timestamp', { authority, request: toBase64(request) })
    return this.read('timestamp-answer')
  }

  async segment(purpose: SegmentPurpose, bytes: Uint8Array): Promise<SegmentAnswer> {
    await this.channel.send('segment', await encodeSegmentPayload(purpose, bytes))
    return this.read('segment-answer')
  }

  /** What an honest agent does at night: everything asked for once more, then everything new. */
  async ship(box: TestBox): Promise<SegmentAnswer[]> {
    const answers: SegmentAnswer[] = []
    for (const { start, end } of this.welcome?.challenge.segments ?? [])
      answers.push(await this.segment('challenge', box.segment(start, end)))
    const from = this.welcome?.audited?.size ?? 0
    for (let start = from; start < box.size; start += 1000) {
      const end = Math.min(start + 1000, box.size)
      answers.push(await this.segment('shipment', box.segment(start, end)))
    }
    return answers
  }

  async bye(): Promise<void> {
    await this.channel.send('bye', new Uint8Array())
    await this.closed()
  }

  /** Ends without a word, as a cut cable does. */
  cut(): void {
    this.client.destroy()
  }

  async closed(): Promise<void> {
    await this.channel.receive(10_000).catch(() => undefined)
    this.client.end()
  }

  async read<N extends MessageName>(name: N): Promise<Messages[N]> {
    const frame = await this.channel.receive(this.patienceMs)
    if (frame?.name === 'error') throw new Error(decodeMessage('error', frame.payload).reason)
    if (frame?.name !== name) throw new Error(`${frame?.name ?? 'an end'} where ${name} must be`)
    return decodeMessage(name, frame.payload)
  }
}

/** An authenticated connection without any channel yet. */
export function dial(
  port: number,
  user: string,
  key: AgentKey | undefined,
  more: ssh2.ConnectConfig = {},
): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  return new Promise((resolve, reject) => {
    client.on('ready', () => resolve(client))
    client.on('error', reject)
    client.on('close', () => reject(new Error('closed')))
    client.connect({
      host: '127.0.0.1',
      port,
      username: user,
      ...(key === undefined ? {} : { privateKey: key.privateKey }),
      ...more,
    })
  })
}
