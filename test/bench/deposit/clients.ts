import { Agent, request } from 'node:http'
import { randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'

/** What one run of the load asks for. */
export interface Load {
  readonly port: number
  readonly vault: string
  readonly token: string
  readonly sizeBytes: number
  readonly clients: number
  readonly deposits: number
}

/** Deposits over HTTP from `clients` connections kept alive. @returns deposits per second and each one's milliseconds */
export async function load(given: Load): Promise<{ rate: number; milliseconds: number[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: given.clients })
  const content = randomBytes(given.sizeBytes)
  const milliseconds: number[] = []
  let left = given.deposits
  const client = async () => {
    while (left > 0) {
      left -= 1
      const start = performance.now()
      await depositOnce(given, agent, content)
      milliseconds.push(performance.now() - start)
    }
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: given.clients }, client))
  const seconds = (performance.now() - start) / 1000
  agent.destroy()
  return { rate: given.deposits / seconds, milliseconds }
}

const head = Buffer.from(
  '--bench\r\ncontent-disposition: form-data; name="metadata"\r\n\r\n{"title":"bench"}\r\n' +
    '--bench\r\ncontent-disposition: form-data; name="file"; filename="bench.bin"\r\n' +
    'content-type: application/octet-stream\r\n\r\n',
)
const tail = Buffer.from('\r\n--bench--\r\n')

function depositOnce(given: Load, agent: Agent, content: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        host: '127.0.0.1',
        port: given.port,
        method: 'POST',
        path: `/api/v1/vaults/${given.vault}/objects`,
        headers: {
          authorization: `Bearer ${given.token}`,
          'content-type': 'multipart/form-data; boundary=bench',
          'content-length': head.length + content.length + tail.length,
        },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => {
          if (answer.statusCode === 201) resolve()
          else reject(new Error(`the box answered ${String(answer.statusCode)}`))
        })
        answer.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.write(head)
    sent.write(content)
    sent.end(tail)
  })
}

if (parentPort !== null) parentPort.postMessage(await load(workerData as Load))
