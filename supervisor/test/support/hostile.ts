import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encodeSegment } from '@probant/evidence'
import { encodeFrame, type FrameName } from '@probant/shipping'
import type ssh2 from 'ssh2'
import { dial, TestAgent, type AgentKey } from './agent.ts'
import type { TestBox } from './box.ts'

/** An agent with a rightful key and no good in mind. */
export interface Hostile {
  readonly port: number
  readonly box: TestBox
  readonly key: AgentKey
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export async function greeted({ port, box, key }: Hostile): Promise<TestAgent> {
  const agent = await TestAgent.connect(port, box.boxId, key)
  agent.client.on('error', () => undefined)
  agent.patienceMs = 60_000
  await agent.hello(box, { boxTimeMs: Date.now() })
  return agent
}

/** Sends without end, whatever its window says, until it is dropped; from processes of their own. */
export async function overrunWindows({ port, box, key }: Hostile, times: number): Promise<void> {
  const flooder = join(import.meta.dirname, 'flooder.ts')
  for (let left = times; left > 0; left--) {
    const words = [flooder, String(port), box.boxId, box.origin, String(Date.now())]
    const child = spawn(process.execPath, words, { stdio: ['pipe', 'ignore', 'ignore'] })
    child.stdin.end(key.privateKey)
    await once(child, 'close')
  }
}

/** Segments that are gigabytes once inflated. @returns the status of each answer */
export async function bomb(hostile: Hostile, times: number): Promise<number[]> {
  const member = gzipSync(Buffer.alloc(256 * 1024 * 1024))
  const members = Array<Buffer>(Math.floor(4_900_000 / member.length)).fill(member)
  const payload = Buffer.concat([Buffer.of(0), ...members])
  return inOneSession(hostile, Array<Uint8Array>(times).fill(payload))
}

/** Traces that nest as deeply as their length allows, under headers that are in order. */
export async function nestDeeply(hostile: Hostile, times: number): Promise<number[]> {
  const { box } = hostile
  const deep = [Buffer.from('['.repeat(59_000)), Buffer.from('{"a":'.repeat(11_000))]
  const state = box.stateAt(0)
  const segment = encodeSegment({
    ...{ origin: box.origin, start: 0, prev: state.prev },
    ...{ range: [], sha3Chain: state.sha3.head, sha3Range: [] },
    traces: Array.from({ length: 60 }, (_, at) => new Uint8Array(deep[at % 2] ?? [])),
    checkpoint: box.checkpoint(),
  })
  const payload = Buffer.concat([Buffer.of(0), gzipSync(segment)])
  return inOneSession(hostile, Array<Uint8Array>(times).fill(payload))
}

/** Sends segment payloads one after the other. @returns the status of each answer */
export async function inOneSession(
  hostile: Hostile,
  payloads: readonly Uint8Array[],
): Promise<number[]> {
  const agent = await greeted(hostile)
  const statuses: number[] = []
  for (const payload of payloads) {
    await agent.channel.send('segment', payload)
    statuses.push((await agent.read('segment-answer')).status)
  }
  await agent.bye()
  return statuses
}

/** Sessions that each hold back the end of a frame as large as one may be, a byte now and then. */
export async function trickle(hostile: Hostile, sessions: number): Promise<void> {
  const frame = encodeFrame('segment', new Uint8Array(5_000_000).fill(7))
  const agents: TestAgent[] = []
  for (let left = sessions; left > 0; left--) {
    const agent = await greeted(hostile)
    agents.push(agent)
    agent.stream.write(frame.subarray(0, frame.length - 100))
  }
  for (let byte = 100; byte > 80; byte--) {
    for (const { stream } of agents)
      if (stream.writable)
        stream.write(frame.subarray(frame.length - byte, frame.length - byte + 1))
    await pause(20)
  }
  for (const agent of agents) agent.cut()
}

/**
 * Connections that show their key and open nothing, or a session without a subsystem.
 * @returns how many of them the centre ended
 */
export async function openHalf({ port, box, key }: Hostile, connections: number): Promise<number> {
  const clients: ssh2.Client[] = []
  let ended = 0
  for (let left = connections; left > 0; left--) {
    const client = await dial(port, box.boxId, key)
    client.on('error', () => undefined)
    client.on('close', () => (ended += 1))
    clients.push(client)
    const protocol: unknown = Reflect.get(client, '_protocol')
    const session: unknown = Reflect.get(Object(protocol), 'session')
    // what ssh2's client sends to open a channel, and then nothing
    if (left % 2 === 0 && typeof session === 'function')
      Reflect.apply(session, protocol, [0, 2 ** 21, 2 ** 15])
  }
  await pause(500)
  const byCentre = ended
  for (const client of clients) client.destroy()
  return byCentre
}

/** Sockets that say nothing, or their first line byte by byte; from several addresses, so that the share of one doesn't end it. */
export async function knock(port: number, sockets: number): Promise<() => void> {
  const open: Socket[] = []
  for (let at = 0; at < sockets; at++) {
    const localAddress = `127.0.1.${1 + Math.floor(at / 200)}`
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    socket.on('error', () => undefined)
    open.push(socket)
  }
  await Promise.all(open.map((socket) => Promise.race([once(socket, 'connect'), pause(5000)])))
  const line = 'SSH-2.0-slow'
  let said = 0
  const saying = setInterval(() => {
    const letter = line[said++ % line.length] ?? ''
    for (const socket of open.slice(0, open.length / 2)) if (!socket.destroyed) socket.write(letter)
  }, 50)
  return () => {
    clearInterval(saying)
    for (const socket of open) socket.destroy()
  }
}

/** What ends a session: a frame that is none, of any type, and what it carries. */
export async function endWith(hostile: Hostile, bytes: Uint8Array): Promise<void> {
  const agent = await greeted(hostile)
  const closed = once(agent.client, 'close')
  agent.stream.end(bytes)
  agent.stream.resume()
  await closed
}

export function frameOf(name: FrameName, payload: Uint8Array): Uint8Array {
  try {
    return encodeFrame(name, payload)
  } catch {
    return new Uint8Array(payload)
  }
}
