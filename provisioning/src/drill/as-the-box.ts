import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { formatTime } from '@probant/host'
import { FrameChannel, PROTOCOL_VERSION, SUBSYSTEM } from '@probant/shipping'
import ssh2 from 'ssh2'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { homePaths, LOOPBACK } from '../installation/layout.ts'
import { journalSize } from './acknowledged.ts'
import type { Specimen } from './specimen.ts'

const keyFile = Type.Object({ key: Type.String() })

/** A connection to the centre under the box’s own key, in the hands of whoever has root on the box. */
export interface StolenSession {
  readonly stream: Duplex
  readonly frames: FrameChannel
  close: () => void
}

export async function asTheBox(specimen: Specimen): Promise<StolenSession> {
  const path = join(homePaths(specimen.home).keys('agent'), 'agent-ssh.key.json')
  const { key } = Value.Parse(keyFile, JSON.parse(await readFile(path, 'utf8')))
  const privateKey = createPrivateKey({
    ...{ key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' },
  }).export({ type: 'sec1', format: 'pem' })
  const client = new ssh2.Client()
  client.connect({
    host: LOOPBACK,
    port: specimen.firstPort + 3,
    username: specimen.boxId,
    privateKey,
  })
  await once(client, 'ready')
  client.on('error', () => undefined)
  const stream = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
    client.subsys(SUBSYSTEM, (error, channel) => {
      if (error === undefined) resolve(channel)
      else reject(error)
    })
  })
  return { stream, frames: new FrameChannel(stream), close: () => client.destroy() }
}

/** Begins as an honest agent does. @throws Error when it isn't welcome */
export async function openHello({ frames }: StolenSession, specimen: Specimen): Promise<void> {
  await frames.sendMessage('hello', {
    protocol: PROTOCOL_VERSION,
    origin: `${specimen.boxId}/1`,
    boxTime: formatTime(specimen.clock.nowMs()),
    databaseSize: await journalSize(specimen),
  })
  const answer = await frames.receive(30_000)
  if (answer?.name !== 'welcome') throw new Error('the centre does not welcome the box’s own key')
}
