import { request } from 'node:http'

export interface LocalAnswer {
  status: number
  text: string
}

const LONGEST_ANSWER_BYTES = 4 * 1024 * 1024

/**
 * One HTTP call with JSON, or text, over a Unix socket of this machine.
 * @throws Error of the system when nobody listens there, the signal aborts or the answer is longer than 4 MiB
 */
export function callLocal(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body: object | string | undefined,
  signal: AbortSignal,
): Promise<LocalAnswer> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  const bytes = text === undefined ? undefined : Buffer.from(text)
  const type = typeof body === 'object' ? 'application/json' : 'text/plain; charset=utf-8'
  const headers =
    bytes === undefined ? {} : { 'content-type': type, 'content-length': bytes.length }
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath, path, method, headers, signal, agent: false },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('error', reject)
        response.on('data', (chunk: string) => {
          answer += chunk
          if (answer.length > LONGEST_ANSWER_BYTES)
            response.destroy(new Error('the answer is too long'))
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: answer }))
      },
    )
    call.on('error', reject)
    call.end(bytes)
  })
}
