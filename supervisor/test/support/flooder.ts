import { formatTime } from '@probant/host'
import { encodeFrame, encodeMessage } from '@probant/shipping'
import ssh2 from 'ssh2'

/*
 * An agent that sends without end whatever its window says. A process of its own, so that the centre's memory can be told
 * from its own: `flooder.ts PORT BOX ORIGIN TIME`, private key on standard input.
 */
const [port = '', box = '', origin = '', timeMs = ''] = process.argv.slice(2)
const chunks: Buffer[] = []
for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk)

const client = new ssh2.Client()
client.on('error', () => process.exit(0))
client.on('close', () => process.exit(0))
client.on('ready', () => {
  client.subsys('probant-journal', (error, stream) => {
    if (error !== undefined) process.exit(1)
    const hello = { protocol: 1, origin, boxTime: formatTime(Number(timeMs)), databaseSize: 1 }
    stream.write(encodeFrame('hello', encodeMessage('hello', hello)))
    const outgoing: unknown = Reflect.get(stream, 'outgoing')
    if (typeof outgoing !== 'object' || outgoing === null) process.exit(1)
    // the largest frame there may be: the centre is busy with it while more comes
    const segment = encodeFrame('segment', new Uint8Array(5_000_000))
    setInterval(() => {
      Object.assign(outgoing, { window: 2 ** 31, packetSize: 30_000 })
      stream.write(segment)
    }, 1)
  })
})
client.connect({
  host: '127.0.0.1',
  port: Number(port),
  username: box,
  privateKey: Buffer.concat(chunks),
})
