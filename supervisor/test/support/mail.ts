import { SMTPServer } from 'smtp-server'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/** One message as it arrived. */
export interface Received {
  to: string
  text: string
}

/** A real mail relay that keeps what it gets, and can be told to refuse. */
export class TestRelay {
  readonly received: Received[] = []
  port = 0
  /** Reply code for the next messages; 250 takes them. */
  answer = 250
  /** Addresses with an answer of their own. */
  readonly answers = new Map<string, number>()
  /** Keeps the next messages, and drops the connection in place of a reply. */
  isDropping = false
  /** Waits before it answers, in ms. */
  delayMs = 0
  /** Called when a message has arrived, before it is answered. */
  onArrival: () => void = () => undefined
  readonly #server: SMTPServer
  readonly #sockets = new Set<Socket>()

  constructor() {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      onData: (stream, session, done) => {
        void this.#take(stream, session.envelope.rcptTo[0]?.address ?? '').then(
          () => done(),
          (error: unknown) => done(error instanceof Error ? error : new Error('refused')),
        )
      },
    })
    this.#server.on('error', () => undefined)
    this.#server.server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  listen(port = 0): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(port, '127.0.0.1', () => {
        const address = this.#server.server.address()
        this.port = typeof address === 'object' && address !== null ? address.port : 0
        resolve()
      })
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  async #take(stream: Readable, to: string): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString('utf8')
    this.received.push({ to, text })
    this.onArrival()
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs))
    if (this.isDropping) for (const socket of this.#sockets) socket.destroy()
    const answer = this.answers.get(to) ?? this.answer
    if (answer !== 250) {
      this.received.splice(
        this.received.findLastIndex((one) => one.text === text),
        1,
      )
      throw Object.assign(new Error('not now'), { responseCode: answer })
    }
  }
}

/** The readable text of a message: quoted-printable or base64 undone. */
export function bodyOf({ text }: Received): string {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  if (/content-transfer-encoding: base64/i.test(head))
    return Buffer.from(body, 'base64').toString('utf8')
  const bytes = body
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
