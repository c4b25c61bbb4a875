import { createLogger } from '@probant/host'
import { administrationServer, serveFolder } from '@probant/web'
import { mkdtemp, writeFile, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { Counter, Registry } from 'prom-client'
import t from 'tap'
import { testService } from './service.ts'

await t.test('a built portal is served as one page and its files', async (t) => {
  const outside = await mkdtemp(join(tmpdir(), 'pages-'))
  t.teardown(() => rm(outside, { recursive: true }))
  const folder = join(outside, 'dist')
  await mkdir(join(folder, 'assets'), { recursive: true })
  await writeFile(join(outside, 'secret.txt'), 'outside')
  await writeFile(join(folder, 'index.html'), '<title>page</title>')
  await writeFile(join(folder, 'assets', 'index-1a2b.js'), 'script')
  const { server } = await testService()
  t.teardown(() => server.close())
  await serveFolder(server, folder)

  for (const url of ['/', '/vaults/12', '/vaults/12/documents/34?x=1']) {
    const answer = await server.inject(url)
    t.equal(answer.body, '<title>page</title>', url)
    t.match(answer.headers['content-type'], /^text\/html/)
    t.equal(answer.headers['cache-control'], 'no-cache')
    t.notMatch(String(answer.headers['content-security-policy']), /unsafe/)
  }
  const script = await server.inject('/assets/index-1a2b.js')
  t.equal(script.headers['cache-control'], 'public, max-age=31536000, immutable')
  t.match(script.headers['content-type'], /javascript/)

  const missing = await server.inject('/assets/gone.js')
  t.equal(missing.statusCode, 404)
  t.equal(missing.headers['cache-control'], 'no-store')
  t.equal((await server.inject('/api/v1/gone')).statusCode, 404)
  t.equal((await server.inject('/api/v1/sessions')).statusCode, 405)
  for (const url of ['/../secret.txt', '/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt']) {
    t.notMatch((await server.inject(url)).body, /outside/, url)
  }
})

await t.test('a portal that is not built stops the service at start', async (t) => {
  const { server } = await testService()
  t.teardown(() => server.close())
  await t.rejects(serveFolder(server, '/nonexistent'), /not built: \/nonexistent\/index\.html/)
})

await t.test('administration', async (t) => {
  const registry = new Registry()
  new Counter({ name: 'acts_total', help: 'Acts.', registers: [registry] }).inc(3)
  let ready = () => Promise.resolve({ ready: false, missing: ['database'] })
  const destination = new Writable({ write: (_chunk, _encoding, done) => done() })
  const administration = await administrationServer({
    logger: createLogger({ component: 'test', destination }),
    host: '127.0.0.1',
    port: 0,
    registry,
    ready: () => ready(),
  })
  t.teardown(() => administration.close())
  const get = (path: string) => fetch(`http://127.0.0.1:${administration.port}${path}`)

  t.equal((await get('/healthz')).status, 200)
  t.match(await (await get('/metrics')).text(), /^acts_total 3$/m)
  const waiting = await get('/readyz')
  t.equal(waiting.status, 503)
  t.same(await waiting.json(), { ready: false, missing: ['database'] })
  ready = () => Promise.resolve({ ready: true, missing: [] })
  t.equal((await get('/readyz')).status, 200)
  ready = () => Promise.reject(new Error('inner failure'))
  const failed = await get('/readyz')
  t.equal(failed.status, 503)
  t.notMatch(await failed.text(), /inner failure/)
})
