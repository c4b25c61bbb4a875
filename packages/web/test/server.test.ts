import { strictObject, strictParser } from '@probant/web'
import { mkdtemp } from 'node:fs/promises'
import { get } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Type } from 'typebox'
import type { ProblemDocument } from './service.ts'
import { testService } from './service.ts'

const id = '6f1c1f4e-5a4e-4a43-9d9f-0a0f6a2b7c11'
const english = { 'accept-language': 'en' }

await t.test('requests are taken strictly', async (t) => {
  const { server } = await testService()
  t.teardown(() => server.close())
  const send = (payload: object, url = `/api/v1/things/${id}`) =>
    server.inject({ method: 'POST', url, payload, headers: english })

  await t.test('what is right goes through; query text is converted', async (t) => {
    const answer = await send({ name: 'abc', inner: {} }, `/api/v1/things/${id}?limit=3`)
    t.equal(answer.statusCode, 200)
    t.same(answer.json(), { limit: 3, name: 'abc' })
  })

  await t.test('each wrong field is named, with where it is', async (t) => {
    const wrong = { size: '3', kind: 'c', surplus: 1, inner: { 'a/b': 1 }, name: 'abcdef' }
    const answer = await send(wrong)
    const problem: ProblemDocument = answer.json()
    t.equal(answer.statusCode, 400)
    t.match(answer.headers['content-type'], /^application\/problem\+json/)
    t.equal(problem.type, 'urn:probant:problem:invalid-request')
    t.same(
      new Set(problem.errors?.map(({ where, field }) => `${where} ${field}`)),
      new Set(['body /surplus', 'body /inner/a~1b', 'body /name', 'body /size', 'body /kind']),
    )
    t.match(problem.detail, /“name” exceeds 5 characters/)
  })

  await t.test('a missing field is named', async (t) => {
    const problem: ProblemDocument = (await send({})).json()
    t.match(problem.errors, [{ where: 'body', field: '/name', message: '“name” is missing.' }])
  })

  for (const [name, url] of [
    ['an unknown query field', `/api/v1/things/${id}?limite=3`],
    ['a query value of the wrong type', `/api/v1/things/${id}?limit=many`],
    ['a path that is no identifier', '/api/v1/things/12'],
  ] as const) {
    await t.test(`${name} is refused`, async (t) => {
      const answer = await send({ name: 'a' }, url)
      t.equal(answer.statusCode, 400)
      t.match(answer.json(), { errors: [{ where: name.includes('path') ? 'path' : 'query' }] })
    })
  }

  await t.test('a route without a query takes none, without a body takes none', async (t) => {
    t.equal((await server.inject('/api/v1/things?x=1')).statusCode, 400)
    const answer = await server.inject({
      method: 'DELETE',
      url: '/api/v1/things',
      payload: { a: 1 },
    })
    t.equal(answer.statusCode, 400)
    t.equal((await server.inject({ method: 'DELETE', url: '/api/v1/things' })).statusCode, 200)
  })

  await t.test('a schema that lets unknown fields in stops the service at start', async (t) => {
    const open = await testService()
    t.throws(
      () =>
        open.server.post(
          '/api/v1/open',
          { schema: { body: strictObject({ inner: Type.Object({}) }) } },
          () => ({}),
        ),
      /POST \/api\/v1\/open: body lets unknown fields in at \/properties\/inner/,
    )
  })

  await t.test('a part of a form is parsed as strictly as a body', (t) => {
    const parse = strictParser(strictObject({ title: Type.String() }), 'metadata')
    t.same(parse({ title: 'x' }), { title: 'x' })
    t.throws(() => parse({ title: 'x', tilte: 'y' }), {
      type: 'invalid-request',
      errors: [{ where: 'metadata', field: '/tilte' }],
    })
    t.end()
  })
})

await t.test('everything that goes wrong is a problem document', async (t) => {
  const { server } = await testService({ bodyLimitBytes: 100 })
  t.teardown(() => server.close())
  const url = `/api/v1/things/${id}`
  const json = { 'content-type': 'application/json' }
  const cases = [
    [
      'body too large',
      { method: 'POST', url, payload: { name: 'x'.repeat(200) } },
      413,
      'too-large',
    ],
    ['not JSON', { method: 'POST', url, payload: '{"na', headers: json }, 400, 'unreadable-body'],
    ['empty JSON', { method: 'POST', url, payload: '', headers: json }, 400, 'unreadable-body'],
    [
      'other media',
      { method: 'POST', url, payload: 'a', headers: { 'content-type': 'text/csv' } },
      415,
      'unsupported-media-type',
    ],
    ['unknown address', { method: 'GET', url: '/api/v1/thing' }, 404, 'not-found'],
    ['unknown method', { method: 'PUT', url: '/api/v1/things' }, 405, 'method-not-allowed'],
    ['bad escape', { method: 'GET', url: '/api/v1/%zz' }, 400, 'bad-request'],
    ['crash', { method: 'GET', url: '/api/v1/crash' }, 500, 'internal-error'],
    ['refusal of our own', { method: 'GET', url: '/api/v1/refusal' }, 503, 'signer-failed'],
  ] as const
  for (const [name, request, status, type] of cases) {
    await t.test(name, async (t) => {
      const answer = await server.inject(request)
      t.equal(answer.statusCode, status)
      t.match(answer.headers, {
        'content-type': /^application\/problem\+json/,
        'cache-control': 'no-store',
      })
      t.match(answer.json(), { type: `urn:probant:problem:${type}`, status })
    })
  }

  await t.test('who sends too much is told the limit', async (t) => {
    const payload = { name: 'x'.repeat(200) }
    const answer = await server.inject({ method: 'POST', url, payload })
    t.match(answer.json(), { limitBytes: 100 })
  })

  await t.test('a wrong method is told the right ones', async (t) => {
    const { headers } = await server.inject({ method: 'PUT', url: '/api/v1/things' })
    t.equal(headers.allow, 'GET, HEAD, DELETE')
  })

  await t.test('a problem keeps its step and extra members, which override nothing', async (t) => {
    const answer = await server.inject('/api/v1/refusal')
    t.match(answer.json(), { step: 'proof', retryable: true, status: 503 })
    t.equal(answer.headers['retry-after'], '2')
  })

  await t.test('bytes that are no request at all', async (t) => {
    await server.listen({ port: 0, host: '127.0.0.1' })
    const address = server.server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const socket = connect(port, '127.0.0.1').end('garbage\r\n\r\n')
    const answer = Buffer.concat(await socket.toArray()).toString()
    t.match(answer, /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*problem:bad-request/)
  })
})

await t.test('answers follow the language asked for, French first', async (t) => {
  const { server } = await testService()
  t.teardown(() => server.close())
  for (const [header, language] of [
    [undefined, 'fr'],
    ['de, en;q=0.5', 'en'],
    ['en;q=0.4, fr-CA;q=0.6', 'fr'],
    ['EN-gb', 'en'],
    ['en;q=0', 'fr'],
    ['en;q=nonsense, *', 'fr'],
  ] as const) {
    const headers = header === undefined ? {} : { 'accept-language': header }
    const answer = await server.inject({ url: '/nowhere', headers })
    t.equal(answer.headers['content-language'], language, String(header))
    t.equal(answer.headers.vary, 'Accept-Language')
    const problem: ProblemDocument = answer.json()
    t.match(problem.title, language === 'fr' ? /^Rien n’existe/ : /^Nothing exists/)
  }
})

await t.test('the outside sees no internals, the log nothing personal', async (t) => {
  const { server, logged } = await testService()
  t.teardown(() => server.close())
  const crash = await server.inject('/api/v1/crash')
  t.notMatch(crash.body, /inner-host|confidential|deeper|node_modules/)
  t.match(crash.json(), { correlationId: crash.headers['x-request-id'] })
  t.match(logged(), /inner-host refused/)
  t.match(logged(), /"message":"deeper"/)
  t.ok(logged().includes(`"correlationId":"${String(crash.headers['x-request-id'])}"`))
  t.notMatch(logged(), /confidential-row/)

  await server.inject({
    method: 'POST',
    url: `/api/v1/things/${id}?search=personal-query`,
    payload: { name: 'personal-body', 'personal-field': 1 },
    headers: { 'user-agent': 'personal-agent', authorization: 'Bearer personal-token' },
  })
  const broken = {
    method: 'POST',
    url: `/api/v1/things/${id}`,
    payload: '{"personal-json',
  } as const
  await server.inject({ ...broken, headers: { 'content-type': 'application/json' } })
  await server.inject('/api/v1/personal-path?personal=1')
  await server.inject('/api/v1/mistake')
  t.notMatch(logged(), /personal/)
  t.match(logged(), /"route":"\/api\/v1\/things\/:id"/)
  await server.inject('/api/v1/refusal')
  t.match(logged(), /slot 3 of the token/)
})

await t.test('correlation ids', async (t) => {
  const { server } = await testService()
  t.teardown(() => server.close())
  const idOf = async (given: string) => {
    const answer = await server.inject({ url: '/', headers: { 'x-request-id': given } })
    return answer.headers['x-request-id']
  }
  t.equal(await idOf('a-caller-s-own-id'), 'a-caller-s-own-id')
  t.match(await idOf('forged "},{'), /^[0-9a-f-]{36}$/)
  t.match(await idOf('x'.repeat(65)), /^[0-9a-f-]{36}$/)
})

await t.test('rates are limited, for the whole service and more tightly for sign-in', async (t) => {
  const { server } = await testService({ rateLimit: { max: 3, timeWindowMs: 60_000 } })
  t.teardown(() => server.close())
  const statuses: number[] = []
  for (let call = 0; call < 5; call += 1) {
    statuses.push((await server.inject({ url: '/nowhere', headers: english })).statusCode)
  }
  t.same(statuses, [404, 404, 404, 429, 429])
  const answer = await server.inject({ url: '/nowhere', headers: english })
  t.match(answer.json(), { type: 'urn:probant:problem:too-many-requests' })
  t.match(Number(answer.headers['retry-after']), 60)

  const other = await testService()
  t.teardown(() => other.server.close())
  const signIns: number[] = []
  for (let call = 0; call < 21; call += 1) {
    signIns.push(
      (await other.server.inject({ method: 'POST', url: '/api/v1/sessions' })).statusCode,
    )
  }
  t.equal(signIns.at(19), 200)
  t.equal(signIns.at(20), 429)
})

await t.test('whose rate is counted', async (t) => {
  const { server } = await testService({ rateLimit: { max: 1, timeWindowMs: 60_000 } })
  t.teardown(() => server.close())
  const from = async (remoteAddress: string) =>
    (await server.inject({ url: '/nowhere', headers: english, remoteAddress })).statusCode
  t.equal(await from('2001:db8::1'), 404)
  t.equal(await from('2001:db8:0:0:ffff::2'), 429, 'one /64 is one caller')
  t.equal(await from('2001:db8:0:1::1'), 404)
  t.equal(await from('192.0.2.1'), 404)
  t.equal(await from('::ffff:192.0.2.1'), 429, 'the same address, told otherwise')

  const path = join(await mkdtemp(join(tmpdir(), 'web-')), 'socket')
  await server.listen({ path })
  const overSocket = () =>
    new Promise<number | undefined>((resolve, reject) => {
      get({ socketPath: path, path: '/nowhere' }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).on('error', reject)
    })
  t.same([await overSocket(), await overSocket()], [404, 429])
})

await t.test('security headers', async (t) => {
  const { server } = await testService()
  t.teardown(() => server.close())
  const { headers } = await server.inject('/api/v1/things')
  const policy = String(headers['content-security-policy'])
  t.match(policy, /default-src 'none'/)
  t.match(policy, /frame-ancestors 'none'/)
  t.notMatch(policy, /unsafe/)
  t.match(headers, {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  const docs = await server.inject('/api/docs')
  t.notMatch(String(docs.headers['content-security-policy']), /unsafe|https:/)
  t.notMatch(docs.body, /<script>|<style>| style=| onload=/)
})

await t.test('the interface describes itself by the schemas that validate', async (t) => {
  const { server } = await testService()
  t.teardown(() => server.close())
  const answer = await server.inject('/api/v1/openapi.json')
  t.match(answer.json(), {
    openapi: '3.1.0',
    info: { title: 'Test', version: '1' },
    components: { securitySchemes: { bearer: {}, session: { name: 'session', in: 'cookie' } } },
    paths: {
      '/api/v1/things/{id}': {
        post: {
          requestBody: { content: { 'application/json': { schema: { required: ['name'] } } } },
        },
      },
    },
  })
  t.notMatch(answer.body, /api\/docs/)
})
