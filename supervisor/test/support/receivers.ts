import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { Type } from 'typebox'
import { read } from './shapes.ts'

const run = promisify(execFile)
const ChallengeShape = Type.Object({ challenge: Type.Optional(Type.String()) })

/** Certificates of a house of its own: an authority, a server on 127.0.0.1, a client. */
export interface House {
  /** Path of the authority's certificate. */
  roots: string
  server: { cert: string; key: string; ca: string }
  client: { cert: string; key: string }
}

export async function house(t: Test): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'probant-house-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const at = (name: string) => join(folder, name)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650']
  const openssl = (...words: string[]) => run('openssl', words)
  const made = (name: string, subject: string) => [
    ...['req', '-x509', ...key, '-subj', subject, '-keyout', at(`${name}.key`)],
    ...['-out', at(`${name}.pem`)],
  ]
  await openssl(...made('ca', '/CN=A house of its own'))
  await writeFile(at('san'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  for (const [name, usage] of [
    ['server', 'serverAuth'],
    ['client', 'clientAuth'],
  ] as const)
    await openssl(
      ...[...made(name, `/CN=${name}`), '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
      ...[
        '-addext',
        'subjectAltName=IP:127.0.0.1,DNS:localhost',
        '-addext',
        `extendedKeyUsage=${usage}`,
      ],
      ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    )
  const text = (name: string) => readFile(at(name), 'latin1')
  return {
    roots: at('ca.pem'),
    server: {
      cert: await text('server.pem'),
      key: await text('server.key'),
      ca: await text('ca.pem'),
    },
    client: { cert: at('client.pem'), key: at('client.key') },
  }
}

/** One post as it arrived. */
export interface Posted {
  headers: IncomingHttpHeaders
  body: string
}

/** A real web server that keeps what is posted to it. */
export class TestHook {
  readonly received: Posted[] = []
  /** Status for the next posts. */
  status = 204
  /** Repeats the challenge of what it got. */
  isAnswering = true
  location: string | undefined
  readonly #server: Server

  constructor({ server }: House) {
    this.#server = createServer(server, (request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const body = Buffer.concat(parts).toString()
        this.received.push({ headers: request.headers, body })
        const { challenge } = read(ChallengeShape, JSON.parse(body))
        const location = this.location === undefined ? {} : { location: this.location }
        if (challenge === undefined || !this.isAnswering)
          response.writeHead(this.status, location).end()
        else response.writeHead(200).end(JSON.stringify({ challenge }))
      })
    })
  }

  async listen(t: Test): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => this.#server.close())
    return `https://127.0.0.1:${portOf(this.#server)}/alerts`
  }
}

/** A real receiver of syslog over TLS: it reads frames of counted octets, and asks for a certificate. */
export class TestSyslog {
  readonly received: string[] = []
  readonly #server: TlsServer

  constructor({ server }: House) {
    this.#server = createTlsServer({ ...server, requestCert: true, rejectUnauthorized: true })
    this.#server.on('secureConnection', (socket) => {
      let pending = Buffer.alloc(0)
      socket.on('error', () => undefined)
      socket.on('data', (part: Buffer) => {
        pending = Buffer.concat([pending, part])
        for (;;) {
          const space = pending.indexOf(' ')
          const length = Number(pending.subarray(0, space).toString())
          if (space < 1 || pending.length < space + 1 + length) return
          this.received.push(pending.subarray(space + 1, space + 1 + length).toString())
          pending = pending.subarray(space + 1 + length)
        }
      })
    })
    this.#server.on('tlsClientError', () => undefined)
  }

  async listen(t: Test): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => this.#server.close())
    return `127.0.0.1:${portOf(this.#server)}`
  }
}

function portOf(server: Server | TlsServer): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
