import { execFile } from 'node:child_process'
import { copyFile, readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { serveNetwork } from '../../src/http/network.ts'
import { createWorld, staff } from '../world.ts'

/** The portal and API beyond the loopback: over TLS, from the company's networks. Addresses of 127.0.0.0/8 stand for those of others. */
const run = promisify(execFile)
const world = await createWorld()
const { token, auditorToken } = await staff(world)
const folder = world.settings.home
const [certificate, key] = [join(folder, 'portal.pem'), join(folder, 'portal.key')]

async function certify(name: string, days: string) {
  const made = [join(folder, `${name}.pem`), join(folder, `${name}.key`)] as const
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost', '-days', days],
    ...['-keyout', made[1], '-out', made[0]],
  ])
  return made
}
await certify('portal', '10')
const settings = {
  host: '127.0.0.1',
  port: 0,
  certificate,
  key,
  allowed: ['127.0.0.0/29', '10.0.0.0/8'],
  roles: { auditor: ['127.0.0.3/32'] },
}
await world.restart({ settings: { ...world.settings, network: settings } })
const listener = await serveNetwork(world.box, world.api, settings)
t.teardown(async () => {
  await listener.close()
  await world.close()
})

interface Asked {
  readonly from: string
  readonly path?: string
  readonly token?: string
  readonly json?: unknown
}

async function ask({ from, path = '/vaults', token, json }: Asked) {
  const ca = await readFile(certificate)
  const body = json === undefined ? undefined : JSON.stringify(json)
  return new Promise<{ status: number; cookies: string[]; hsts: string | undefined; text: string }>(
    (resolve, reject) => {
      const asking = request(
        {
          ...{ host: '127.0.0.1', servername: 'localhost', port: listener.port, ca, agent: false },
          ...{ path: `/api/v1${path}`, localAddress: from, method: body ? 'POST' : 'GET' },
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
        },
        (answer) => {
          let text = ''
          answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
          answer.on('end', () => {
            const { 'set-cookie': cookies = [], 'strict-transport-security': hsts } = answer.headers
            resolve({ status: answer.statusCode ?? 0, cookies, hsts, text })
          })
        },
      )
      asking.on('error', reject)
      asking.end(body)
    },
  )
}

const refusals = async (reason: string) => {
  const { rows } = await world.box.database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM journal.traces
     WHERE act = 'access' AND convert_from(bytes, 'UTF8')::json #>> '{data,reason}' = $1`,
    [reason],
  )
  return rows[0]?.count ?? 0
}

await t.test('the network is answered over TLS, with cookies that stay there', async (t) => {
  const listed = await ask({ from: '127.0.0.2', token })
  t.match(listed, { status: 200, hsts: /^max-age=\d+/ })
  const json = { user: 'lea', password: 'a password of the tests' }
  const signedIn = await ask({ from: '127.0.0.2', path: '/sessions', json })
  t.equal(signedIn.status, 201)
  for (const cookie of signedIn.cookies)
    t.match(
      cookie,
      /^__Host-probant_(session|browser)=.*Path=\/; HttpOnly; Secure; SameSite=Strict/,
    )
  const { port } = listener
  await t.rejects(fetch(`http://127.0.0.1:${String(port)}/`), 'nothing without TLS')
  await t.rejects(run('openssl', ['s_client', '-tls1_1', '-connect', `127.0.0.1:${String(port)}`]))
})

await t.test('who calls from elsewhere gets no answer, and is journalled once', async (t) => {
  for (let attempt = 0; attempt < 3; attempt += 1)
    await t.rejects(ask({ from: '127.0.0.9', token }), { code: /ECONNRESET|EPIPE/ })
  await world.box.journal.record({ act: 'list', outcome: 'done' })
  t.equal(await refusals('other-network'), 1)
})

await t.test('a role is used from its own networks', async (t) => {
  t.equal((await ask({ from: '127.0.0.3', token: auditorToken })).status, 200)
  t.match(await ask({ from: '127.0.0.2', token: auditorToken }), {
    status: 403,
    text: /other-network/,
  })
  t.equal(await refusals('other-network'), 2)
  t.equal((await world.call('GET', '/vaults', { token: auditorToken })).status, 200, 'the machine')
})

await t.test('a renewed certificate is taken over, a bad one is not', async (t) => {
  const [other, otherKey] = await certify('other', '20')
  await t.rejects(serveNetwork(world.box, world.api, { ...settings, key: otherKey }), {
    code: 'bad-settings',
    message: /portal\.pem/,
  })
  await t.rejects(serveNetwork(world.box, world.api, { ...settings, allowed: ['10.0.0.0/99'] }), {
    code: 'bad-settings',
    message: /10\.0\.0\.0\/99/,
  })
  const subject = async () => {
    const where = `127.0.0.1:${String(listener.port)}`
    const asking = run('openssl', ['s_client', '-connect', where])
    asking.child.stdin?.end()
    return /subject=(.*)/.exec((await asking).stdout)?.[1] ?? ''
  }
  t.match(await subject(), /portal/)
  await copyFile(other, certificate)
  listener.look()
  t.match(await subject(), /portal/, 'half of a pair changes nothing')
  await copyFile(otherKey, key)
  listener.look()
  t.match(await subject(), /other/)
})
