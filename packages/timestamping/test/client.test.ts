import { execFileSync } from 'node:child_process'
import { chmod, rm, writeFile } from 'node:fs/promises'
import { createServer, request as ask } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { verifyRevocation, verifyToken, parseCertificate } from '@probant/evidence'
import { createLogger, systemClock, systemRandomness, type Clock } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import {
  NoQuorum,
  TimestampClient,
  type AcceptedToken,
  type TimestampingSettings,
} from '../src/index.ts'
import {
  answer,
  hasOpenssl,
  OpensslAuthority,
  testPolicy,
  type Misbehaviour,
} from '../src/testing/index.ts'

const imprint = nodeCrypto.hash('sha512', Buffer.from('what is dated'))
const log = createLogger({ component: 'test', level: 'silent' })
/** Pauses between attempts take no time. */
const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() }

function client(settings: TimestampingSettings, at: Clock = clock): TimestampClient {
  return new TimestampClient(settings, {
    crypto: nodeCrypto,
    clock: at,
    randomness: systemRandomness,
    log,
  })
}

async function started(t: Test, ...parameters: Parameters<typeof OpensslAuthority.start>) {
  const authority = await OpensslAuthority.start(...parameters)
  t.teardown(() => authority.close())
  return authority
}

/** What openssl answers about a token, on its own. */
async function opensslVerifies(authority: OpensslAuthority, token: Uint8Array): Promise<boolean> {
  const file = authority.path(`verified-${Buffer.from(token.subarray(-8)).toString('hex')}.tst`)
  await writeFile(file, token)
  const digest = Buffer.from(imprint).toString('hex')
  const words = `ts -verify -digest ${digest} -token_in -CAfile root.pem -in`
  try {
    execFileSync('openssl', [...words.split(' '), file], { cwd: authority.folder, stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

/** The code with which one authority's token was refused; of a bad token, what the verifier calls it. */
async function refusal(settings: TimestampingSettings, at?: Clock): Promise<string> {
  try {
    await client(settings, at).stamp(imprint)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof NoQuorum)) throw error
    const [{ code, what } = { code: 'none', what: '' }] = error.failures
    return code === 'bad-token' ? (/\(([a-z-]+)\)$/.exec(what)?.[1] ?? code) : code
  }
}

const skip = hasOpenssl ? false : 'the openssl command is not installed'

await t.test('a token of a real authority, kept with what proves it', { skip }, async (t) => {
  const authority = await started(t)
  const settings = { authorities: [{ ...authority.settings, policies: [testPolicy] }] }
  const { tokens, failures } = await client(settings).stamp(imprint)
  t.equal(failures.length, 0)
  const [token] = tokens
  if (token === undefined) return t.fail('no token')
  t.match(token, { authority: 'outside', policy: testPolicy, subject: 'CN=outside tsa' })
  t.equal(token.path.length, 2)
  t.equal(token.lists.length, 1)
  t.ok(await opensslVerifies(authority, token.token))
  await judgedAgain(t, token)
})

/** What is kept is enough to verify it without the authority. */
async function judgedAgain(t: Test, { token, path, lists, genTime }: AcceptedToken) {
  const roots = path.slice(-1)
  const expected = { imprint, imprintAlgorithm: 'sha512', roots } as const
  t.match(await verifyToken(nodeCrypto, token, expected), { verdict: { status: 'valid' } })
  const certificates = path.map(parseCertificate)
  const at = Date.parse(genTime)
  const again = (data: readonly Uint8Array[]) =>
    verifyRevocation(nodeCrypto, certificates, { lists: data }, at)
  t.match(await again(lists), { status: 'valid' })
  t.match(await again([]), { status: 'cannot-tell' }, 'without the list')
  const [list] = lists
  if (list === undefined) return
  for (let place = 0; place < list.length; place += 13) {
    const changed = Uint8Array.from(list)
    changed[place] = (changed[place] ?? 0) ^ 1
    t.match(await again([changed]), { status: 'cannot-tell' }, `byte ${place}`)
  }
}

const failing =
  (status: number): Misbehaviour =>
  (_authority, _query, response) => {
    response.writeHead(status).end()
    return Promise.resolve()
  }

await t.test(
  'order and quorum: the next authority is asked where one fails',
  { skip },
  async (t) => {
    const [one, two, three] = [
      await started(t, 'one'),
      await started(t, 'two'),
      await started(t, 'three'),
    ]
    const authorities = [one.settings, two.settings, three.settings]
    const names = async (quorum: number) =>
      (await client({ authorities, quorum }).stamp(imprint)).tokens.map((each) => each.authority)
    t.strictSame(await names(1), ['one'])
    t.equal(two.requests.length, 0, 'not asked')
    t.strictSame(await names(2), ['one', 'two'])
    one.misbehaviour = failing(500)
    const stamped = await client({ authorities, quorum: 2 }).stamp(imprint)
    t.strictSame(
      stamped.tokens.map((each) => each.authority),
      ['two', 'three'],
    )
    t.match(stamped.failures, [
      { authority: 'one', code: 'refused-by-server', what: /answers 500/ },
    ])
    two.misbehaviour = failing(503)
    await t.rejects(client({ authorities, quorum: 2 }).stamp(imprint), {
      code: 'no-quorum',
      message: /^1 of 2 time-stamp tokens: .*500.*503/,
    })
  },
)

await t.test('what passes is tried again', { skip }, async (t) => {
  const authority = await started(t)
  let fails = 2
  authority.misbehaviour = async (self, query, response) => {
    if (fails-- > 0) response.writeHead(503).end()
    else answer(response, await self.reply(query))
  }
  const { tokens } = await client({ authorities: [authority.settings] }).stamp(imprint)
  t.equal(tokens.length, 1)
  t.equal(authority.requests.length, 3)
})

/** The honest answer to another request. */
const answering =
  (change: (query: Buffer) => void): Misbehaviour =>
  async (authority, query, response) => {
    const changed = Buffer.from(query)
    change(changed)
    answer(response, await authority.reply(changed))
  }

await t.test('authorities that lie, fail or want too much are refused', { skip }, async (t) => {
  t.setTimeout(100_000)
  const authority = await started(t)
  const settings = { authorities: [authority.settings] }
  const refused = async (code: string, misbehaviour: Misbehaviour, what: string) => {
    authority.misbehaviour = misbehaviour
    t.equal(await refusal(settings), code, what)
    authority.misbehaviour = undefined
  }
  await refused(
    'wrong-nonce',
    // The nonce stands before the three bytes of certReq.
    answering((query) => query.writeUInt8(query.readUInt8(query.length - 4) ^ 1, query.length - 4)),
    'another nonce',
  )
  await refused(
    'wrong-imprint',
    answering((query) => {
      const at = query.indexOf(imprint)
      query.writeUInt8(query.readUInt8(at) ^ 1, at)
    }),
    'another imprint',
  )
  const early = (await authority.reply(Buffer.alloc(0)).catch(() => undefined)) ?? Buffer.alloc(3)
  await refused(
    early.length > 3 ? 'not-granted' : 'not-an-answer',
    (_authority, _query, response) => {
      answer(response, early)
      return Promise.resolve()
    },
    'a malformed request, it says',
  )
  await refused(
    'not-an-answer',
    async (self, query, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(await self.reply(query))
    },
    'a page',
  )
  await refused(
    'too-large',
    (_authority, _query, response) => {
      answer(response, Buffer.alloc(4 * 1024 * 1024))
      return Promise.resolve()
    },
    'four MiB',
  )
  await refused('refused-by-server', failing(500), 'HTTP 500')
  await refused('refused-by-server', failing(302), 'a redirect is not followed')
  await refused(
    'bad-signature',
    async (self, query, response) => {
      const reply = Buffer.from(await self.reply(query))
      reply.writeUInt8(reply.readUInt8(reply.length - 9) ^ 1, reply.length - 9)
      answer(response, reply)
    },
    'a signature that is not one',
  )
  const asked = { authorities: [{ ...authority.settings, policies: ['1.3.6.1.4.1.99999.8'] }] }
  t.equal(await refusal(asked), 'not-granted', 'a policy that it does not have')
  const late: Clock = { ...clock, nowMs: () => systemClock.nowMs() + 3_600_000 }
  t.equal(await refusal(settings, late), 'implausible-time')
  const slow = { authorities: [{ ...authority.settings, timeoutSeconds: 1 }] }
  authority.misbehaviour = async (_authority, _query, response) => {
    response.writeHead(200, { 'content-type': 'application/timestamp-reply' })
    for (let at = 0; at < 40 && !response.destroyed; at++) {
      response.write('0')
      await sleep(200)
    }
    response.end()
  }
  t.equal(await refusal(slow), 'timed-out', 'a byte now and then')
  authority.misbehaviour = undefined
  t.equal(await refusal(settings), 'accepted', 'and the same, honest')
})

await t.test('certificates: revoked, expired, for others, of strangers', { skip }, async (t) => {
  const authority = await started(t)
  const settings = { authorities: [authority.settings] }
  await authority.certificate(
    'old',
    'tsa',
    ...'-startdate 20200101000000Z -enddate 20210101000000Z'.split(' '),
  )
  authority.signer = 'old'
  t.equal(await refusal(settings), 'expired', 'expired')
  await authority.certificate('silent', 'unlisted')
  await authority.certificate('both', 'both')
  authority.misbehaviour = async (self, query, response) => {
    answer(response, await self.replyBy('both', query))
  }
  authority.signer = 'tsa'
  t.equal(await refusal(settings), 'wrong-purpose', 'a certificate for more than tokens')
  authority.misbehaviour = async (self, query, response) => {
    answer(response, await self.replyBy('tsa', query))
  }
  t.equal(await refusal(settings), 'accepted', 'the same way by the right one')
  authority.misbehaviour = undefined
  authority.signer = 'silent'
  t.equal(await refusal(settings), 'not-verifiable', 'says nothing about revocation')
  const unlisted = { authorities: [{ ...authority.settings, revocation: 'none' as const }] }
  t.equal(await refusal(unlisted), 'accepted', 'which may be configured')
  authority.signer = 'tsa'
  await authority.publishRevocations('-crlsec', '1')
  await sleep(2100)
  t.equal(await refusal(settings), 'not-verifiable', 'a stale list')
  await authority.publishRevocations()
  t.equal(await refusal(settings), 'accepted')
  await authority.revoke('tsa')
  t.equal(await refusal(settings), 'revoked', 'revoked')
  await rm(authority.path('root.crl'))
  t.equal(await refusal(settings), 'not-verifiable', 'no list')
  const stranger = await started(t, 'stranger')
  const trusting = { ...stranger.settings, roots: authority.path('root.pem') }
  t.equal(await refusal({ authorities: [trusting] }), 'untrusted-authority', 'another root')
  const absent = { ...authority.settings, roots: '/nowhere.pem' }
  t.equal(await refusal({ authorities: [absent] }), 'bad-settings')
})

await t.test('by HTTPS, with credentials and through a proxy', { skip }, async (t) => {
  const folder = t.testdir()
  const authority = await started(t, 'outside', { tls: true })
  const { settings } = authority
  t.equal(await refusal({ authorities: [settings] }), 'unreachable', 'a server of no known root')
  const tlsRoots = authority.path('root.pem')
  const login = { file: join(folder, 'login') }
  await writeFile(login.file, 'box:a secret\n', { mode: 0o644 })
  const known = { authorities: [{ ...settings, tlsRoots, login }] }
  t.equal(await refusal(known), 'bad-settings', 'credentials that others may read')
  await chmod(login.file, 0o600)
  t.equal(await refusal(known), 'accepted')
  const expected = `Basic ${Buffer.from('box:a secret').toString('base64')}`
  t.equal(authority.requests.at(-1)?.headers.authorization, expected)
  const plain = await started(t, 'plain')
  const proxy = await startProxy(t)
  const through = { authorities: [plain.settings], proxy: { url: proxy.url } }
  t.equal(await refusal(through), 'unreachable', 'a proxy that wants credentials')
  const allowed = { url: proxy.url, login }
  t.equal(await refusal({ ...through, proxy: allowed }), 'accepted')
  t.match(proxy.passed, [/^POST .*\/tsa$/, /^GET .*\/root\.crl$/], 'the list comes through it too')
  t.equal(await refusal({ ...known, proxy: allowed }), 'accepted')
  t.match(proxy.passed.slice(2), [/^CONNECT /, /^GET /], 'a tunnel to HTTPS')
})

/** An HTTP proxy (RFC 9110) that knows one user. */
async function startProxy(t: Test) {
  const passed: string[] = []
  const expected = `Basic ${Buffer.from('box:a secret').toString('base64')}`
  const server = createServer((request, response) => {
    if (request.headers['proxy-authorization'] !== expected) {
      response.writeHead(407).end()
      return
    }
    const { method, url = '' } = request
    passed.push(`${method ?? ''} ${url}`)
    const { 'proxy-authorization': _own, ...headers } = request.headers
    const onwards = ask(url, { method, headers }, (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers)
      answered.pipe(response)
    })
    request.pipe(onwards)
  })
  server.on('connect', (request, socket: Duplex) => {
    passed.push(`CONNECT ${request.url ?? ''}`)
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const onwards = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onwards.pipe(socket).pipe(onwards)
    })
    for (const end of [socket, onwards]) end.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, passed }
}
