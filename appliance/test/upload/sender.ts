import { connect } from 'node:net'
import { once } from 'node:events'

const encoded = (text: string) => Buffer.from(text).toString('base64')

/** What an upload's sender says of it. */
export const uploadMetadata = (texts: Readonly<Record<string, string>>): string =>
  Object.entries(texts)
    .map(([name, text]) => `${name} ${encoded(text)}`)
    .join(',')

/** Somebody who sends in pieces, request by request. */
export class Sender {
  readonly base: string
  readonly #token: string

  /** @param base ends in `/api/v1` */
  constructor(base: string, token: string) {
    this.base = base
    this.#token = token
  }

  ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Response> {
    return fetch(`${this.base}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'tus-resumable': '1.0.0', ...headers },
      ...(body === undefined ? {} : { body }),
    })
  }

  create(lengthBytes: number, texts: Readonly<Record<string, string>>): Promise<Response> {
    return this.ask('POST', '/uploads', {
      'upload-length': String(lengthBytes),
      'upload-metadata': uploadMetadata(texts),
    })
  }

  /** @returns its path below the API */
  async created(lengthBytes: number, texts: Readonly<Record<string, string>>): Promise<string> {
    const answer = await this.create(lengthBytes, texts)
    if (answer.status !== 201) throw new Error(await answer.text())
    return (answer.headers.get('location') ?? '').replace('/api/v1', '')
  }

  patch(path: string, offset: number, body: Uint8Array<ArrayBuffer>): Promise<Response> {
    const type = 'application/offset+octet-stream'
    return this.ask('PATCH', path, { 'upload-offset': String(offset), 'content-type': type }, body)
  }

  async offset(path: string): Promise<number> {
    const answer = await this.ask('HEAD', path)
    if (answer.status !== 200) throw new Error(`HEAD: ${answer.status}`)
    return Number(answer.headers.get('upload-offset'))
  }

  /** Sends some bytes of a piece that is said to be longer, and leaves the connection as it is. @returns what cuts it */
  async begin(
    path: string,
    offset: number,
    bytes: Uint8Array,
    saidBytes: number,
  ): Promise<() => void> {
    const { hostname, port, pathname } = new URL(`${this.base}${path}`)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(
      `PATCH ${pathname} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${this.#token}\r\ntus-resumable: 1.0.0\r\n` +
        `upload-offset: ${offset}\r\ncontent-type: application/offset+octet-stream\r\ncontent-length: ${saidBytes}\r\n\r\n`,
    )
    await new Promise((resolve) => socket.write(bytes, resolve))
    return () => socket.destroy()
  }
}
