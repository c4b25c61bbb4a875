import { request } from 'node:http'

/** An answer of the box's console socket. */
export type ConsoleCall = (method: 'GET' | 'POST', path: string, body?: object) => Promise<unknown>

/**
 * Calls over the console socket of a running service.
 * @returns a function that resolves to the answer's JSON, undefined when it has none, and throws an Error with the box's own sentence
 *   when it refuses, or one that says that no service answers
 */
export function consoleOf(socketPath: string, language: 'fr' | 'en'): ConsoleCall {
  return async (method, path, body) => {
    const { status, text } = await exchange(socketPath, method, path, body, language)
    const answer: unknown = text === '' ? undefined : JSON.parse(text)
    if (status >= 400) throw new Error(sentenceOf(answer) ?? `The box answered ${status}.`)
    return answer
  }
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: object | undefined,
  language: string,
): Promise<{ status: number; text: string }> {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const headers = {
    'accept-language': language,
    ...(bytes === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': bytes.length }),
  }
  return new Promise((resolve, reject) => {
    const refused = (cause: Error) =>
      reject(
        new Error('The vault service does not answer at its console socket: is it started?', {
          cause,
        }),
      )
    const call = request({ socketPath, path, method, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('error', refused)
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    call.on('error', refused)
    call.end(bytes)
  })
}

function sentenceOf(problem: unknown): string | undefined {
  if (typeof problem !== 'object' || problem === null) return undefined
  const members = new Map<string, unknown>(Object.entries(problem))
  const said = [members.get('title'), members.get('detail')].filter(
    (text) => typeof text === 'string',
  )
  return said.length === 0 ? undefined : said.join(' ')
}
