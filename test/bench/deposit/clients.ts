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

/** A load without an end of its own: what is answered in the stretch of time that counts, once all clients are in step. */
export interface SteadyLoad extends Omit<Load, 'deposits'> {
  readonly afterMs: number
  readonly forMs: number
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

/**
 * Deposits per second under a load that began before and goes on after. Counting begins once every client was answered: before that
 * a slow machine may not have got round to any.
 */
async function steadyLoad(given: SteadyLoad): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: given.clients })
  const content = randomBytes(given.sizeBytes)
  const earliestStart = performance.now() + given.afterMs
  let start = Infinity
  let waiting = given.clients
  let answered = 0
  const client = async () => {
    for (let isFirst = true; performance.now() < start + given.forMs; isFirst = false) {
      await depositOnce(given, agent, content)
      const at = performance.now()
      if (at >= start && at < start + given.forMs) answered += 1
      if (!isFirst) continue
      waiting -= 1
      if (waiting === 0) start = Math.max(at, earliestStart)
    }
  }
  await Promise.all(Array.from({ length: given.clients }, client))
  agent.destroy()
  return (answered * 1000) / given.forMs
}

const head = Buffer.from(
  '--bench\r\ncontent-disposition: form-data; name="metadata"\r\n\r\n{"title":"bench"}\r\n' +
    '--bench\r\ncontent-disposition: form-data; name="file"; filename="bench.bin"\r\n' +
    'content-type: application/octet-stream\r\n\r\n',
)
const tail = Buffer.from('\r\n--bench--\r\n')

function depositOnce(given: Omit<Load, 'deposits'>, agent: Agent, content: Buffer): Promise<void> {
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

if (parentPort !== null) {
  const given = workerData as Load | SteadyLoad
  parentPort.postMessage('forMs' in given ? await steadyLoad(given) : await load(given))
}
