import { createLogger, systemRandomness } from '@probant/host'
import { createPool, startCluster } from '@probant/postgres'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { initialise } from '../src/initialise.ts'
import { startProcess, type ServiceProcess } from './kill/process.ts'
import { boxSettings, form, staff } from './world.ts'

/** What must be found nowhere: content, and what a depositor says of it. */
const marker = `CONTENT-${systemRandomness.uuid()}`
const title = `TITLE-${systemRandomness.uuid()}`
/** What is kept in clear: that it is found shows that the search reaches the database's files. */
const canary = `CANARY-${systemRandomness.uuid()}`

// Everything that a box writes, in one folder: database with its log of changes, home, temporary files, log.
const work = await mkdtemp(join(tmpdir(), 'probant-marker-'))
await chmod(work, 0o711)
const home = join(work, 'home')
const temporary = join(work, 'tmp')
const settingsFile = join(work, 'settings.json')
await mkdir(temporary)
const databaseLog: string[] = []
const log = createLogger({
  ...{ component: 'postgres', level: 'debug' },
  destination: { write: (text: string) => databaseLog.push(text) },
})
const cluster = await startCluster({ dataFolder: join(work, 'postgres'), log })
const password = 'a password of the tests'
for (const role of ['box_owner', 'box_service', 'box_journal_reader'])
  await cluster.createRole(role, password)
await cluster.createDatabase('box', { owner: 'box_owner', users: ['box_service'] })
const superuser = createPool({ ...cluster.superuser('box'), max: 1 })
const settings = boxSettings(home, cluster.connection('box', 'box_owner', password))
await writeFile(settingsFile, JSON.stringify(settings), { mode: 0o600 })
const identity = await initialise(settingsFile)
let service: ServiceProcess | undefined
t.setTimeout(180_000)
t.teardown(async () => {
  service?.kill()
  await superuser.close()
  await cluster.stop()
  await rm(work, { recursive: true })
})

async function start(): Promise<ServiceProcess> {
  service = await startProcess({
    settingsFile,
    logFile: join(work, 'service.log'),
    environment: { TMPDIR: temporary },
  })
  return service
}
type Options = NonNullable<Parameters<Parameters<typeof staff>[0]['call']>[2]>
async function call(method: string, path: string, options: Options = {}): Promise<Response> {
  const { token = '', json, body, headers = {} } = options
  const sent = json === undefined ? body : JSON.stringify(json)
  return fetch(`http://127.0.0.1:${service?.port ?? 0}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  })
}

/** A text as it may be written down: as it is, in hexadecimal, and in base64 whatever stands before it. */
function forms(text: string): string[] {
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.from(' '.repeat(shift) + text)
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  )
  return [text, Buffer.from(text).toString('hex'), ...base64]
}

const grep = (text: string) =>
  forms(text).flatMap((form) => {
    const { stdout, status, stderr } = spawnSync('grep', ['-rlaF', '--', form, work])
    if (status === 2 && !stderr.includes('No such file')) throw new Error(stderr.toString())
    return stdout.toString().split('\n').filter(Boolean)
  })

/** Rows as SQL shows them: a large value is compressed in its file, where a search for text may miss it. */
async function rowsWith(text: string): Promise<string[]> {
  const { rows: tables } = await superuser.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('vault', 'journal')`,
  )
  const found: string[] = []
  for (const { name } of tables)
    for (const form of forms(text)) {
      const { rows } = await superuser.query<{ n: number }>(
        `SELECT count(*) AS n FROM ${name} t WHERE position($1 IN t::text) > 0`,
        [form],
      )
      if (rows[0]?.n !== 0) found.push(name)
    }
  return found
}

async function isNowhere(t: Test, when: string): Promise<void> {
  await superuser.query('CHECKPOINT')
  for (const secret of [marker, title]) {
    t.same(grep(secret), [], `${when}: in no file`)
    t.same(await rowsWith(secret), [], `${when}: in no row`)
    t.notOk(
      databaseLog.some((line) => line.includes(secret)),
      `${when}: in no log of the database`,
    )
  }
}

await start()
const { vault, token } = await staff({ identity, call })
const adminToken = identity.adminToken
await call('POST', '/vaults', { token: adminToken, json: { name: canary } })
const metadata = { title, folder: `/${title}/x`, fields: { [title]: title } }
const path = `/vaults/${vault}/objects`
const post = (content: string, given: unknown = metadata, headers = {}) =>
  call('POST', path, { token, body: form(content, `${title}.txt`, given), headers })

/** An upload that stops half-way, its line still open. */
async function halfAnUpload() {
  const body =
    `--b\r\ncontent-disposition: form-data; name="metadata"\r\n\r\n${JSON.stringify(metadata)}\r\n` +
    `--b\r\ncontent-disposition: form-data; name="file"; filename="${title}"\r\n\r\n${`${marker} `.repeat(9000)}`
  const sending = request({
    ...{ host: '127.0.0.1', port: service?.port, method: 'POST', path: `/api/v1${path}` },
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'multipart/form-data; boundary=b',
      'content-length': body.length + 1000,
    },
  })
  sending.on('error', () => undefined)
  if (!sending.write(body)) await once(sending, 'drain')
  return sending
}

void t.test('content, title, folder, fields and file name are in clear nowhere', async (t) => {
  const small = await post(marker)
  t.equal(small.status, 201)
  const { id } = (await small.json()) as { id: string }
  t.equal((await post(`${marker} `.repeat(60_000))).status, 201)
  const once = { 'idempotency-key': 'once' }
  t.equal((await post(`${marker} again`, metadata, once)).status, 201)
  t.equal((await post(`${marker} again`, metadata, once)).status, 201)
  t.equal((await post(`${marker} other`, metadata, once)).status, 422)
  const digests = { sha256: 'ab'.repeat(32) }
  t.equal((await post(`${marker} wrong`, { ...metadata, digests })).status, 422)
  t.equal((await post(marker, { ...metadata, [title]: 1 })).status, 400)
  const compared = { token, body: form(marker) }
  t.match((await call('POST', `/vaults/${vault}/comparisons`, compared)).status, /200|400|422/)
  for (const read of ['', '/content', '/proof', '/journal'])
    t.match(await (await call('GET', `${path}/${id}${read}`, { token })).text(), /./)
  t.match(await (await call('GET', path, { token })).text(), title, 'who may read it does')
  await isNowhere(t, 'after deposits and readings')
})

void t.test(
  'neither while an upload is under way, nor after the service was killed in it',
  async (t) => {
    const sending = await halfAnUpload()
    await isNowhere(t, 'during an upload')
    service?.kill()
    await service?.ended
    sending.destroy()
    await isNowhere(t, 'after a kill')
    await start()
    const cut = await halfAnUpload()
    cut.destroy()
    t.equal((await post(`${marker} after`)).status, 201)
    await isNowhere(t, 'after an upload that broke off')
  },
)

void t.test('what is in clear is found by the same search', async (t) => {
  await superuser.query('CHECKPOINT')
  const found = grep(canary)
  t.ok(
    found.some((file) => file.includes('/postgres/base/')),
    'in the tables',
  )
  t.ok(
    found.some((file) => file.includes('/pg_wal/')),
    'in the log of changes',
  )
  t.ok((await rowsWith(canary)).includes('vault.vaults'))
  await service?.stop()
})
