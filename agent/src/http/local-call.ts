import { request } from 'node:http'

export interface LocalAnswer {
  status: number
  text: string
}

const LONGEST_ANSWER_BYTES = 4 * 1024 * 1024

/**
 * One HTTP call with JSON over a Unix socket of this machine.
 * @throws Error of the system when nobody listens there, the signal aborts or the answer is longer than 4 MiB
 */
export function callLocal(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  body: object | undefined,
  signal: AbortSignal,
): Promise<LocalAnswer> {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const headers =
    bytes === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': bytes.length }
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath, path, method, headers, signal, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('error', reject)
        response.on('data', (chunk: string) => {
          text += chunk
          if (text.length > LONGEST_ANSWER_BYTES)
            response.destroy(new Error('the answer is too long'))
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    call.on('error', reject)
    call.end(bytes)
  })
}
