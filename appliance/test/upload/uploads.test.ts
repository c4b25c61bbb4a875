import { parseTrace } from '@probant/evidence'
import { systemClock } from '@probant/host'
import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Upload } from 'tus-js-client'
import { Inspection } from '../kill/inspection.ts'
import { startProcess, type ServiceProcess } from '../kill/process.ts'
import { anchorsOf, proveBundle } from '../kill/proving.ts'
import type { Kill } from '../kill/plan.ts'
import { converse } from '../recovery/console.ts'
import { createWorld, staff } from '../world.ts'
import { Sender } from './sender.ts'

/** Uploads in pieces: whatever cuts them, they end as the deposit that one request would have made. */
const MIB = 1024 * 1024
const CHUNK = 65_536
const world = await createWorld({
  limits: {
    ...{ objectBytes: 8 * MIB, metadataBytes: 4096, pendingDeposits: 64 },
    uploadsOfOneUser: 12,
  },
})
const inspection = new Inspection(world)
let service: ServiceProcess | undefined
t.teardown(async () => {
  service?.kill()
  await inspection.close()
  await world.close()
})
const { vault, token, auditorToken, userId } = await staff(world)
const home = join(world.settings.home, 'store', 'uploads')

const api = async () =>
  (await world.call('GET', '/sessions/current', { token })).url.replace(/\/sessions.*/, '')
let sender = new Sender(await api(), token)
const said = { vault, filename: 'grand fichier.bin', title: 'Grand' }
const bytesOf = (size: number): Buffer<ArrayBuffer> => Buffer.from(randomBytes(size))
const hex = (bytes: Uint8Array, algorithm = 'sha256') =>
  createHash(algorithm).update(bytes).digest('hex')

interface State {
  readonly state: string
  readonly reason?: string
  readonly offset: number
  readonly object?: { readonly id: string; readonly digests: object; readonly receipt: object }
}
const state = async (path: string) => (await (await sender.ask('GET', path)).json()) as State

async function isRead(t: Test, path: string, content: Uint8Array): Promise<string> {
  const { state: how, object } = await state(path)
  t.equal(how, 'deposited')
  const at = `/vaults/${vault}/objects/${object?.id ?? ''}`
  const read = await sender.ask('GET', `${at}/content`)
  t.equal(hex(new Uint8Array(await read.arrayBuffer())), hex(content))
  return at
}

await t.test('the client of those who made the protocol: pieces, then the object', async (t) => {
  const content = bytesOf(3 * MIB + 17)
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const upload = new Upload(content, {
    endpoint: `${sender.base}/uploads`,
    headers: { authorization: `Bearer ${token}` },
    metadata: { ...said, folder: 'Plans', fields: '{"lot":"3"}', sha256: hex(content) },
    chunkSize: MIB,
    onSuccess: () => resolve(upload.url ?? ''),
    onError: reject,
  })
  upload.start()
  const path = new URL(await promise).pathname.replace('/api/v1', '')
  const at = await isRead(t, path, content)
  const described = (await (await sender.ask('GET', at)).json()) as object
  t.match(described, {
    title: 'Grand',
    fileName: 'grand fichier.bin',
    folder: 'Plans',
    fields: { lot: '3' },
    digests: { sha256: hex(content), 'sha3-256': hex(content, 'sha3-256') },
  })
  const { object } = await state(path)
  t.match(object, { digests: { sha256: hex(content) }, receipt: { state: 'accepted' } })
  const bundle = await sender.ask('GET', `${at}/proof`)
  await proveBundle(anchorsOf(world), new Uint8Array(await bundle.arrayBuffer()))
  t.same(await readdir(join(home, path.slice('/uploads/'.length))), ['record'], 'no byte is left')
})

await t.test('cut at any byte and resumed: equal', async (t) => {
  const content = bytesOf(3 * CHUNK + 5)
  const cuts = [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 17, content.length - 1]
  const path = await sender.created(content.length, said)
  for (const cut of cuts) {
    // how much of it arrives is the line's affair: what didn't is sent again, up to this very byte
    for (let tries = 0; tries < 20 && (await sender.offset(path)) < cut; tries += 1) {
      const offset = await sender.offset(path)
      const some = content.subarray(offset, cut)
      const end = await sender.begin(path, offset, some, content.length - offset)
      await delay(30 * (tries + 1))
      end()
    }
    t.equal(await sender.offset(path), cut)
  }
  t.match(await state(path), { state: 'receiving', offset: content.length - 1 })
  const last = await sender.patch(path, content.length - 1, content.subarray(-1))
  t.equal(last.status, 204)
  t.equal(last.headers.get('upload-offset'), String(content.length))
  const at = await isRead(t, path, content)
  t.equal(last.headers.get('content-location'), `/api/v1${at}`)
  t.equal(await sender.offset(path), content.length, 'asking again changes nothing')
})

await t.test('a sender who begins anew ends the connection that hangs', async (t) => {
  const content = bytesOf(CHUNK)
  const path = await sender.created(content.length, said)
  await sender.begin(path, 0, content.subarray(0, 1000), content.length)
  await delay(50)
  const offset = await sender.offset(path)
  t.ok(offset <= 1000, 'no more than came')
  const both = await Promise.all([
    sender.patch(path, offset, content.subarray(offset)).catch(() => undefined),
    sender.patch(path, offset, content.subarray(offset)).catch(() => undefined),
  ])
  t.ok(both.some((answer) => answer?.status === 204) || (await sender.offset(path)) >= 1000)
  const left = await sender.offset(path)
  if (left < content.length) await sender.patch(path, left, content.subarray(left))
  await isRead(t, path, content)
})

await t.test('what can’t be: refused with a problem that says which', async (t) => {
  const refused = async (asked: Promise<Response>, status: number, type: string) => {
    const answer = await asked
    t.equal(answer.status, status, type)
    t.equal(answer.headers.get('tus-resumable'), '1.0.0')
    t.match(await answer.json(), { type: `urn:probant:problem:${type}` })
  }
  const { title: _, ...untitled } = said
  await refused(sender.ask('POST', '/uploads', { 'tus-resumable': '0.2.2' }), 412, 'tus-version')
  await refused(sender.create(10, untitled), 400, 'invalid-request')
  await refused(sender.create(10, { ...said, colour: 'red' }), 400, 'invalid-request')
  await refused(sender.create(10, { ...said, vault: 'x' }), 400, 'invalid-request')
  await refused(sender.create(10, { ...said, filename: '../x' }), 422, 'bad-deposit')
  await refused(sender.create(0, said), 422, 'bad-deposit')
  await refused(sender.create(8 * MIB + 1, said), 413, 'too-large')
  await refused(sender.create(10, { ...said, title: 'x'.repeat(5000) }), 400, 'invalid-request')
  const other = '00000000-0000-4000-8000-000000000000'
  await refused(sender.create(10, { ...said, vault: other }), 404, 'no-such-vault')
  await refused(new Sender(sender.base, auditorToken).create(10, said), 403, 'forbidden')

  const path = await sender.created(10, said)
  const ten = bytesOf(10)
  await refused(sender.patch(path, 5, ten.subarray(5)), 409, 'offset-mismatch')
  await refused(sender.patch(path, 0, bytesOf(11)), 413, 'too-large')
  const typed = { 'upload-offset': '0', 'content-type': 'application/json' }
  t.equal((await sender.ask('PATCH', path, typed, ten)).status, 415)
  const stranger = new Sender(sender.base, auditorToken)
  await refused(stranger.patch(path, 0, ten), 404, 'not-found')
  t.equal((await stranger.ask('DELETE', path)).status, 404)
  t.equal((await sender.ask('DELETE', path)).status, 204)
  await refused(sender.patch(path, 0, ten), 404, 'not-found')
  const options = await sender.ask('OPTIONS', '/uploads')
  t.equal(options.status, 204)
  t.equal(options.headers.get('tus-extension'), 'creation,expiration,termination')
})

async function lastDeposit() {
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = 'deposit' ORDER BY seq DESC LIMIT 1`,
  )
  const { outcome, data } = parseTrace(rows[0]?.bytes ?? new Uint8Array())
  return [outcome, data['reason']]
}

await t.test('digests given at the beginning are held to at the end', async (t) => {
  const path = await sender.created(10, { ...said, sha256: 'ab'.repeat(32) })
  const answer = await sender.patch(path, 0, bytesOf(10))
  t.equal(answer.status, 422)
  t.match(await answer.json(), { type: 'urn:probant:problem:digest-mismatch', step: 'digests' })
  t.match(await state(path), { state: 'refused', reason: 'digest-mismatch' })
  t.same(await lastDeposit(), ['refused', 'digest-mismatch'])
  t.equal((await sender.ask('HEAD', path)).status, 422, 'it stays refused')
})

await t.test('an idempotency key is one for both ways of depositing', async (t) => {
  const content = bytesOf(100)
  const paths = [1, 2].map(() => sender.created(100, { ...said, 'idempotency-key': 'k' }))
  const [first = '', second = ''] = await Promise.all(paths)
  for (const path of [first, second]) await sender.patch(path, 0, content)
  t.equal((await state(first)).object?.id, (await state(second)).object?.id)
})

await t.test('by the command line; what another command began is gone on with', async (t) => {
  const content = bytesOf(2 * CHUNK)
  const file = join(world.settings.home, 'grand.bin')
  await writeFile(file, content)
  const path = await sender.created(content.length, said)
  await sender.patch(path, 0, content.subarray(0, CHUNK))
  const to = ['--api', sender.base, '--token', token, '--vault', vault, '--json']
  const upload = ['--upload', path.slice('/uploads/'.length)]
  for (const words of [['--resumable'], upload]) {
    const { code, stdout, said } = await converse(['deposit', file, ...words, ...to])
    t.equal(code, 0, said)
    t.match(JSON.parse(stdout), { digests: { sha256: hex(content) }, receipt: {} })
  }
  await isRead(t, path, content)
})

await t.test('rights are looked at again at the end', async (t) => {
  const content = bytesOf(10)
  const path = await sender.created(10, said)
  const grant = (rights: string[]) =>
    world.call('PUT', `/vaults/${vault}/members/${userId}`, {
      token: world.identity.adminToken,
      json: { rights },
    })
  await grant(['read'])
  t.equal((await sender.patch(path, 0, content)).status, 403)
  t.same(await lastDeposit(), ['refused', 'forbidden'])
  await grant(['deposit', 'read'])
  t.equal(await sender.offset(path), 10, 'nothing has to be sent anew')
  await isRead(t, path, content)
})

await t.test('so many under way for one user, and no more', async (t) => {
  const paths: string[] = []
  for (let n = 0; n < 12; n += 1) paths.push(await sender.created(10, said))
  const answer = await sender.create(10, said)
  t.equal(answer.status, 429)
  t.match(await answer.json(), { type: 'urn:probant:problem:too-many-uploads' })
  for (const path of paths) await sender.ask('DELETE', path)
  t.same(await lastDeposit(), ['refused', 'upload-withdrawn'])
})

/** The service in a process of its own, which can be killed. */
async function start(kill?: Kill): Promise<ServiceProcess> {
  const settingsFile = join(world.settings.home, 'settings.json')
  const logFile = join(world.settings.home, 'service.log')
  service = await startProcess({ settingsFile, logFile, kill })
  sender = new Sender(`http://127.0.0.1:${service.port ?? 0}/api/v1`, token)
  return service
}

await t.test('kill -9 while bytes come: the whole chunks are there, encrypted', async (t) => {
  await world.stop()
  const first = await start()
  const marker = Buffer.from('rien de ceci ne se lit sur le disque '.repeat(20_000))
  const content = Buffer.concat([marker, bytesOf(1000)])
  const path = await sender.created(content.length, said)
  await sender.begin(path, 0, content.subarray(0, 400_000), content.length)
  const folder = join(home, path.slice('/uploads/'.length))
  const written = async () =>
    (await readFile(join(folder, '1.part')).catch(() => Buffer.of())).length
  for (let tries = 0; tries < 200 && (await written()) < 6 * CHUNK; tries += 1) await delay(10)
  first.kill()
  await first.ended
  for (const name of await readdir(folder))
    t.notOk((await readFile(join(folder, name))).includes('rien de ceci'), `${name} is encrypted`)
  const second = await start()
  const offset = await sender.offset(path)
  t.equal(offset % CHUNK, 0)
  t.ok(offset >= 5 * CHUNK && offset <= 400_000, `${offset} bytes`)
  t.equal((await sender.patch(path, offset, content.subarray(offset))).status, 204)
  await isRead(t, path, content)
  await second.stop()
})

for (const moment of ['before', 'after'] as const)
  await t.test(`kill -9 ${moment} the deposit is committed: deposited once`, async (t) => {
    const rows = await inspection.number('SELECT count(*) AS n FROM vault.objects')
    const killed = await start({ step: 'commit', moment, call: 1, counts: 'when told' } as Kill)
    const content = bytesOf(1000)
    const path = await sender.created(content.length, said)
    killed.count()
    await sender.patch(path, 0, content).catch(() => undefined)
    t.equal((await killed.ended).signal, 'SIGKILL')
    const again = await start()
    t.equal(await sender.offset(path), content.length)
    await isRead(t, path, content)
    t.equal(await inspection.number('SELECT count(*) AS n FROM vault.objects'), rows + 1)
    await again.stop()
  })

await t.test('at last everything recomputes', async (t) => {
  t.same(await inspection.differences(), [])
  t.same((await inspection.files()).staged, [])
})

await t.test('what expires goes, and leaves its trace', async (t) => {
  await world.restart()
  sender = new Sender(await api(), token)
  const path = await sender.created(100, said)
  await sender.patch(path, 0, bytesOf(50))
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + 25 * 3_600_000 }
  await world.restart({ clock })
  for (let tries = 0; tries < 100 && (await readdir(home)).length > 1; tries += 1) await delay(20)
  t.same(await readdir(home), ['key'])
  t.ok(
    (await inspection.number(
      `SELECT count(*) AS n FROM journal.traces WHERE act = 'deposit' AND convert_from(bytes, 'UTF8')::json #>> '{data,reason}' = 'upload-expired'`,
    )) === 1,
  )
})
