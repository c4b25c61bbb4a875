import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseToken } from '@probant/evidence'
import { tokenIn } from '../answer.ts'
import type { AuthoritySettings } from '../settings.ts'

const run = promisify(execFile)

/** Whether this machine has an openssl to be an authority with. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** OID under which these authorities stamp. */
export const testPolicy = '1.3.6.1.4.1.99999.7'

const configuration = (port: number, digest: string) => `
[req]
distinguished_name = dn
prompt = no
[dn]
CN = any
[ca]
default_ca = authority
[authority]
database = index.txt
serial = ca-serial
crlnumber = crl-number
new_certs_dir = .
certificate = root.pem
private_key = root.key
default_md = ${digest}
default_days = 3650
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[tsa]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
crlDistributionPoints = URI:http://127.0.0.1:${port}/root.crl
[both]
extendedKeyUsage = critical, timeStamping, codeSigning
keyUsage = critical, digitalSignature
crlDistributionPoints = URI:http://127.0.0.1:${port}/root.crl
[unlisted]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
[server]
subjectAltName = IP:127.0.0.1
extendedKeyUsage = serverAuth
[ts]
default_tsa = stamping
[stamping]
serial = serial
default_policy = ${testPolicy}
digests = sha256, sha512, sha3-512
signer_digest = sha256
ess_cert_id_alg = sha256
accuracy = secs:1
`

/** What an authority is made of. */
export interface AuthorityOptions {
  readonly tls?: boolean
  readonly curve?: 'P-256' | 'P-384'
  /** Milliseconds since 1970: for one that lives at another time. Its lists last for decades then. */
  readonly nowMs?: () => number
}

/** What answers a request in place of the honest authority. */
export type Misbehaviour = (
  authority: OpensslAuthority,
  query: Uint8Array,
  response: ServerResponse,
) => Promise<void>

/**
 * A real time-stamping authority for tests: `openssl ts -reply` behind a web server on 127.0.0.1, its certificates by `openssl ca`, which
 * publishes the list of those that were revoked at the same address.
 */
export class OpensslAuthority {
  readonly folder: string
  readonly #server: ReturnType<typeof createServer>
  readonly #name: string
  readonly #curve: NonNullable<AuthorityOptions['curve']>
  readonly #nowMs: (() => number) | undefined
  #url = ''
  /** Which certificate and key sign. */
  signer = 'tsa'
  misbehaviour: Misbehaviour | undefined
  /** Requests for tokens that came, with their headers. */
  readonly requests: IncomingMessage[] = []
  /** The requests take turns: openssl counts serial numbers in a file. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(
    folder: string,
    name: string,
    server: ReturnType<typeof createServer>,
    { curve = 'P-256', nowMs }: AuthorityOptions,
  ) {
    this.folder = folder
    this.#name = name
    this.#curve = curve
    this.#nowMs = nowMs
    this.#server = server
  }

  static async start(name = 'outside', options: AuthorityOptions = {}): Promise<OpensslAuthority> {
    const folder = await mkdtemp(join(tmpdir(), 'probant-tsa-'))
    const plain = createServer()
    const port = await listening(plain)
    const authority = new OpensslAuthority(folder, name, plain, options)
    await writeFile(authority.path('openssl.cnf'), configuration(port, authority.#digest))
    for (const file of ['index.txt', 'index.txt.attr']) await writeFile(join(folder, file), '')
    for (const file of ['serial', 'ca-serial', 'crl-number'])
      await writeFile(join(folder, file), '1000\n')
    await authority.#key('root')
    await authority.openssl(
      ...'req -x509 -new -key root.key -out root.pem -days 14600 -config openssl.cnf -extensions root -subj'.split(
        ' ',
      ),
      `/CN=${name} root`,
    )
    await authority.certificate('tsa')
    await authority.publishRevocations(
      ...(options.nowMs === undefined ? [] : ['-crldays', '14000']),
    )
    plain.on('request', (request, response) => void authority.#serve(request, response))
    authority.#url = `http://127.0.0.1:${port}/tsa`
    if (options.tls === true) await authority.#serveTls()
    return authority
  }

  /** Settings of a client of it. */
  get settings(): AuthoritySettings {
    return { name: this.#name, url: this.#url, roots: this.path('root.pem'), timeoutSeconds: 5 }
  }

  get #digest(): string {
    return this.#curve === 'P-256' ? 'sha256' : 'sha384'
  }

  path(file: string): string {
    return join(this.folder, file)
  }

  async openssl(...args: string[]): Promise<void> {
    await run('openssl', args, { cwd: this.folder })
  }

  async #key(name: string): Promise<void> {
    const words = `genpkey -algorithm ec -pkeyopt ec_paramgen_curve:${this.#curve} -out`
    await this.openssl(...words.split(' '), `${name}.key`)
  }

  /** A certificate under the root. @param dates as openssl ca takes them, for one of another time */
  async certificate(name: string, section = 'tsa', ...dates: string[]): Promise<void> {
    await this.#key(name)
    const request = `req -new -key ${name}.key -out ${name}.csr -config openssl.cnf -subj`
    await this.openssl(...request.split(' '), `/CN=${this.#name} ${name}`)
    const issue = `ca -batch -notext -config openssl.cnf -extensions ${section} -in ${name}.csr -out ${name}.pem`
    await this.openssl(...issue.split(' '), ...dates)
  }

  async revoke(name: string, reason = 'keyCompromise'): Promise<void> {
    const words = `ca -config openssl.cnf -revoke ${name}.pem -crl_reason ${reason}`
    await this.openssl(...words.split(' '))
    await this.publishRevocations()
  }

  /** @param how long the list says that it lasts */
  async publishRevocations(...how: string[]): Promise<void> {
    await this.openssl(...'ca -gencrl -config openssl.cnf -out list.pem'.split(' '), ...how)
    await this.openssl(...'crl -in list.pem -outform DER -out root.crl'.split(' '))
  }

  async close(): Promise<void> {
    await this.#turn
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await rm(this.folder, { recursive: true })
  }

  /** A TimeStampResp for a request. */
  async reply(query: Uint8Array): Promise<Uint8Array> {
    const stamped = this.#turn.then(async () => {
      await writeFile(this.path('query.tsq'), query)
      const { signer } = this
      const words = `ts -reply -config openssl.cnf -section stamping -queryfile query.tsq -inkey ${signer}.key -signer ${signer}.pem -chain root.pem -out reply.tsr`
      await this.openssl(...words.split(' '))
      return new Uint8Array(await readFile(this.path('reply.tsr')))
    })
    this.#turn = stamped.catch(() => undefined)
    return stamped
  }

  /** The answer as another certificate, or one of another time, would sign it, which openssl does only when it isn't told that it signs a token. */
  async replyBy(name: string, query: Uint8Array): Promise<Uint8Array> {
    const reply = tokenIn(await this.reply(query), this.#name)
    const info = parseToken(reply).content
    if (this.#nowMs !== undefined) setTime(info, this.#nowMs())
    await writeFile(this.path('info.der'), info)
    const words = `cms -sign -binary -nodetach -cades -md ${this.#digest} -outform DER -econtent_type id-smime-ct-TSTInfo -in info.der -certfile root.pem -signer ${name}.pem -inkey ${name}.key -out forged.tst`
    await this.openssl(...words.split(' '))
    const token = await readFile(this.path('forged.tst'))
    const granted = Buffer.from('3003020100', 'hex')
    const length = Buffer.alloc(2)
    length.writeUInt16BE(granted.length + token.length)
    return Buffer.concat([Buffer.of(0x30, 0x82), length, granted, token])
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      const list = await readFile(this.path('root.crl')).catch(() => undefined)
      response.writeHead(list === undefined ? 404 : 200, { 'content-type': 'application/pkix-crl' })
      response.end(list)
      return
    }
    this.requests.push(request)
    const parts: Uint8Array[] = []
    for await (const part of request) if (part instanceof Uint8Array) parts.push(part)
    const query = Buffer.concat(parts)
    if (this.misbehaviour !== undefined) {
      await this.misbehaviour(this, query, response)
      return
    }
    const reply = this.#nowMs === undefined ? this.reply(query) : this.replyBy(this.signer, query)
    answer(response, await reply)
  }

  async #serveTls(): Promise<void> {
    await this.certificate('web', 'server')
    const key = await readFile(this.path('web.key'))
    const cert = await readFile(this.path('web.pem'))
    const server = createTlsServer({ key, cert })
    server.on('request', (request, response) => void this.#serve(request, response))
    this.#url = `https://127.0.0.1:${await listening(server)}/tsa`
    this.#server.on('close', () => {
      server.closeAllConnections()
      server.close()
    })
  }
}

/** Writes another genTime into a TSTInfo as openssl makes it: a GeneralizedTime in whole seconds. */
function setTime(info: Uint8Array, nowMs: number): void {
  const time = `${new Date(nowMs).toISOString().replaceAll(/\D/g, '').slice(0, 14)}Z`
  const at = Buffer.from(info).indexOf(Buffer.from([0x18, time.length]))
  info.set(Buffer.from(time, 'latin1'), at + 2)
}

/** Sends what `reply` gave. */
export function answer(response: ServerResponse, reply: Uint8Array): void {
  response.writeHead(200, { 'content-type': 'application/timestamp-reply' })
  response.end(reply)
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
