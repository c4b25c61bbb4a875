import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openZip } from '@probant/verification'
import t from 'tap'
import { Inspection } from '../../appliance/test/kill/inspection.ts'
import { converse } from '../../appliance/test/recovery/console.ts'
import { createWorld, staff } from '../../appliance/test/world.ts'
import { verifyCommand, type VerifyOptions } from '../../provisioning/cli/verify.ts'

/** Objects of several files: deposited, found, read and proved file by file, and never half there. */
const folder = t.testdir({})
const world = await createWorld({
  limits: { objectBytes: 1_000_000, objectFiles: 5, metadataBytes: 4096, pendingDeposits: 64 },
})
const inspection = new Inspection(world)
t.teardown(async () => {
  await inspection.close()
  await world.close()
})
const { vault, token, auditorToken } = await staff(world)
const anchors = join(folder, 'anchors')
mkdirSync(anchors)
const { journalKey, latKey, tsaRoot, boxId } = world.identity
for (const [name, text] of Object.entries({
  'journal.vkeys': journalKey,
  'lat.pem': latKey,
  'tsa.pem': tsaRoot,
  'box.txt': boxId,
}))
  writeFileSync(join(anchors, name), `${text}\n`)

interface Kept {
  readonly id: string
  readonly size: number
  readonly mediaType: string
  readonly digests: { readonly sha256: string; readonly 'sha3-256': string }
  readonly files?: readonly (Kept & { readonly number: number; readonly fileName?: string })[]
}

const hex = (algorithm: string, content: string | Uint8Array) =>
  createHash(algorithm).update(content).digest('hex')
const digestsOf = (content: string | Uint8Array) => ({
  sha256: hex('sha256', content),
  'sha3-256': hex('sha3-256', content),
})

function formOf(contents: readonly string[], more: object = {}, names?: readonly string[]) {
  const data = new FormData()
  for (const [at, content] of contents.entries())
    data.append('file', new Blob([content], { type: 'text/plain' }), names?.[at] ?? `${at + 1}.txt`)
  data.append('metadata', JSON.stringify({ title: 'Dossier', ...more }))
  return data
}

const at = `/vaults/${vault}/objects`
const deposit = (body: FormData, headers: Record<string, string> = {}) =>
  world.call('POST', at, { token, body, headers })
const kept = async (body: FormData, headers: Record<string, string> = {}): Promise<Kept> => {
  const answer = await deposit(body, headers)
  const text = await answer.text()
  if (answer.status !== 201) throw new Error(text)
  return JSON.parse(text) as Kept
}
const get = (path: string, headers: Record<string, string> = {}) =>
  world.call('GET', `${at}/${path}`, { token, headers })

const large = 'page deux, longue\n'.repeat(10_000)
const contents = ['page une\n', large, 'page trois\n']
const [, , third = ''] = contents
const several = await kept(formOf(contents))

await t.test(
  'one object, with size, type and digests of each file, and of the whole',
  async (t) => {
    t.equal(several.size, contents.join('').length, 'all together')
    t.equal(several.mediaType, 'multipart/mixed')
    const described = (await (await get(several.id)).json()) as Kept
    t.same(
      described.files,
      contents.map((content, index) => ({
        number: index + 1,
        fileName: `${index + 1}.txt`,
        size: content.length,
        mediaType: 'text/plain',
        digests: digestsOf(content),
      })),
    )
    t.notOk('fileNames' in described)
    const listed = await world.call('GET', at, { token: auditorToken })
    const { items } = (await listed.json()) as { items: Kept[] }
    t.match(items, [{ id: several.id, files: [{ number: 1 }, { number: 2 }, { number: 3 }] }])
    t.notOk(JSON.stringify(items).includes('.txt'), 'names only for those who may read')
  },
)

await t.test('read file by file; the whole is asked for as a bundle', async (t) => {
  for (const [index, content] of contents.entries()) {
    const answer = await get(`${several.id}/files/${index + 1}/content`)
    t.match(answer.headers.get('content-disposition'), `filename="${index + 1}.txt"`)
    t.match(answer.headers.get('etag'), hex('sha256', content))
    t.equal(await answer.text(), content)
  }
  const range = await get(`${several.id}/files/2/content`, { range: 'bytes=100000-100017' })
  t.equal(range.status, 206)
  t.equal(await range.text(), large.slice(100_000, 100_018))
  const whole = await get(`${several.id}/content`)
  t.equal(whole.status, 409)
  t.match(await whole.json(), { type: 'urn:probant:problem:several-files', files: 3 })
  for (const file of ['4', '0', 'x'])
    t.not((await get(`${several.id}/files/${file}/content`)).status, 200, file)
  const one = await kept(formOf(['alone']))
  t.equal(await (await get(`${one.id}/files/1/content`)).text(), 'alone')
  t.notOk('files' in one, 'an object of one file is described as ever')
  const { rows } = await world.box.database.query<{ data: { file?: number } }>(
    `SELECT convert_from(bytes, 'UTF8')::json -> 'data' AS data FROM journal.traces WHERE act = 'read' AND object = $1 AND outcome = 'done' ORDER BY seq`,
    [several.id],
  )
  t.same(
    rows.map(({ data }) => data.file),
    [1, 2, 3, 2],
  )
})

await t.test('a file is found among those of an object', async (t) => {
  const compared = async (json: unknown): Promise<unknown> =>
    (await world.call('POST', `/vaults/${vault}/comparisons`, { token, json })).json()
  t.same(await compared({ digests: digestsOf(third) }), { identical: [several.id] })
  t.same(await compared({ digests: several.digests }), { identical: [several.id] })
})

let saved = 0
async function bundle(id: string, query = ''): Promise<string> {
  const path = join(folder, `${++saved}.zip`)
  const answer = await get(`${id}/proof${query}`)
  writeFileSync(path, new Uint8Array(await answer.arrayBuffer()))
  return path
}
const verify = (path: string, options: VerifyOptions = {}) =>
  verifyCommand(path, { anchors, ...options }, { LANG: 'C' })

await t.test('the bundle holds and proves all; a file at hand is matched with one', async (t) => {
  const { id, digests } = await kept(formOf(contents))
  const path = await bundle(id)
  const whole = await verify(path, { json: true })
  t.equal(whole.exitCode, 0, whole.text)
  t.match(JSON.parse(whole.text), {
    facts: { documents: contents.map(() => ({ compared: 'bundle' })) },
  })
  const document = join(folder, 'third.txt')
  writeFileSync(document, third)
  const without = await bundle(id, '?content=false')
  const matched = await verify(without, { json: true, document })
  t.equal(matched.exitCode, 0)
  t.match(JSON.parse(matched.text), {
    facts: { documents: [{ compared: null }, { compared: null }, { compared: 'given' }] },
  })
  writeFileSync(document, 'page quatre\n')
  t.equal((await verify(without, { document })).exitCode, 1)

  const unpacked = join(folder, 'unpacked')
  const zip = await openZip(new Blob([await readFile(path)]))
  for (const { name } of zip.entries) {
    await mkdir(join(unpacked, name, '..'), { recursive: true })
    await writeFile(join(unpacked, name), await zip.read(name, 10_000_000))
  }
  const script = () => spawnSync('sh', ['verify.sh', anchors], { cwd: unpacked, encoding: 'utf8' })
  const said = script()
  t.equal(said.status, 0, said.stdout)
  t.match(said.stdout, /digests of document\/3/)
  // The rule of docs/formats.md for several files, with nothing but sed, sha256sum and openssl.
  const list = `sed 's/.*"files":\\(\\[.*\\]\\),"format":1.*/\\1/' statement.json | tr -d '\\n'`
  const sh = (command: string) =>
    spawnSync('sh', ['-c', command], { cwd: unpacked, encoding: 'utf8' }).stdout.slice(0, 64)
  t.equal(sh(`${list} | sha256sum`), digests.sha256)
  t.equal(sh(`${list} | openssl dgst -sha3-256 -r`), digests['sha3-256'])
  await writeFile(join(unpacked, 'document/2'), large.replace('d', 'D'))
  t.equal(script().status, 1)

  const program = join(import.meta.dirname, 'second-verifier')
  const words = ['-B', program, path, '--anchors', anchors]
  const python = spawnSync('python3', words, { encoding: 'utf8' })
  if (python.error === undefined) t.equal(python.status, 0, python.stdout + python.stderr)
})

await t.test('by the command line: several files in, one of them out', async (t) => {
  const paths = ['a.txt', 'b.txt'].map((name) => join(folder, name))
  for (const path of paths) writeFileSync(path, `dans ${path}\n`)
  const api = (await get('count')).url.replace(/\/vaults.*/, '')
  const to = ['--api', api, '--token', token, '--vault', vault, '--json']
  const deposited = await converse(['deposit', ...paths, ...to])
  t.equal(deposited.code, 0, deposited.said)
  const { id } = JSON.parse(deposited.stdout) as Kept
  const output = join(folder, 'back.txt')
  t.equal((await converse(['get', id, '--output', output, ...to])).code, 1, 'which?')
  t.equal((await converse(['get', id, '--file', '2', '--output', output, ...to])).code, 0)
  t.equal(await readFile(output, 'utf8'), await readFile(paths[1] ?? '', 'utf8'))
})

await t.test('digests given for each; what differs in number or bytes is refused', async (t) => {
  const digests = contents.map(digestsOf)
  await kept(formOf(contents, { digests }))
  const type = async (body: FormData) => {
    const answer = await deposit(body)
    const { type } = (await answer.json()) as { type: string }
    return `${answer.status} ${type.replace('urn:probant:problem:', '')}`
  }
  t.equal(await type(formOf(contents, { digests: digests.toReversed() })), '422 digest-mismatch')
  t.equal(await type(formOf(contents, { digests: digests.slice(1) })), '422 bad-deposit')
  t.equal(await type(formOf(contents, { digests: digests[0] })), '422 bad-deposit')
  t.equal(await type(formOf(['a', '', 'c'])), '422 bad-deposit', 'an empty one')
  t.equal(await type(formOf(['a', 'b'], {}, ['a.txt', '../b.txt'])), '422 bad-deposit', 'a path')
})

await t.test('the limits of a deposit: files, bytes of all together', async (t) => {
  const type = async (body: FormData) => {
    const answer = await deposit(body)
    const { type = 'kept' } = (await answer.json()) as { type?: string }
    return `${answer.status} ${type.replace('urn:probant:problem:', '')}`
  }
  const files = (count: number) => formOf(Array.from({ length: count }, (_, n) => `file ${n}`))
  t.equal(await type(files(5)), '201 kept')
  for (const count of [6, 7, 8]) t.equal(await type(files(count)), '422 too-many-files')
  const half = 'x'.repeat(500_000)
  t.equal(await type(formOf([half, half])), '201 kept')
  t.equal(await type(formOf([half, `${half}y`])), '422 bad-deposit')
  t.same(await inspection.files().then(({ staged }) => staged), [], 'nothing is left of them')
})

await t.test('an idempotency key stands for all files, their order and names', async (t) => {
  const headers = { 'idempotency-key': 'several' }
  const first = await kept(formOf(['a', 'b']), headers)
  t.match(await kept(formOf(['a', 'b']), headers), { id: first.id, files: [{}, {}] })
  for (const other of [formOf(['b', 'a']), formOf(['a', 'b'], {}, ['x', 'y']), formOf(['a'])])
    t.equal((await deposit(other, headers)).status, 422)
})

await t.test('50 deposits of the same bytes at once are 50 objects', async (t) => {
  const before = await inspection.number('SELECT count(*) AS n FROM vault.objects')
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => kept(formOf(['les mêmes octets\n']))),
  )
  t.equal(new Set(answers.map(({ id }) => id)).size, 50)
  t.equal(await inspection.number('SELECT count(*) AS n FROM vault.objects'), before + 50)
  const json = { digests: answers[0]?.digests }
  const compared = await world.call('POST', `/vaults/${vault}/comparisons`, { token, json })
  t.equal(((await compared.json()) as { identical: string[] }).identical.length, 50)
  t.equal((await verify(await bundle(answers[49]?.id ?? ''))).exitCode, 0)
})

await t.test('what a killed box left of several files is gone at its next start', async (t) => {
  const id = '11111111-1111-4111-8111-111111111111'
  const { home } = world.settings
  for (const path of [join('staging', `${id}.files`), join('objects', '11', id)]) {
    await mkdir(join(home, 'store', path))
    for (const file of ['1', '2']) await writeFile(join(home, 'store', path, file), 'x')
  }
  await writeFile(join(home, 'store', 'staging', id), 'x')
  await world.restart()
  t.same(await readdir(join(home, 'store', 'staging')), [])
  t.same(await readdir(join(home, 'store', 'objects', '11')).then((n) => n.includes(id)), false)
  t.same(await inspection.differences(), [], 'and all else recomputes')
})

await t.test('a file that was changed, exchanged or taken away is found', async (t) => {
  const check = async () => {
    const answer = await world.call('POST', `${at}/${several.id}/integrity-checks`, { token })
    return ((await answer.json()) as { intact: boolean }).intact
  }
  const path = world.box.files.path(several.id)
  const [one, two, three] = ['1', '2', '3'].map((name) => join(path, name))
  if (one === undefined || two === undefined || three === undefined) throw new Error('no files')
  t.equal(await check(), true)

  const file = await open(three, 'r+')
  await file.write(Buffer.of(0), 0, 1, 85)
  await file.close()
  t.equal(await check(), false, 'one byte of the third')
  t.match(await inspection.differences(), [/integrity-failure-on-box/])
  t.equal((await get(`${several.id}/files/1/content`)).status, 200, 'the others are given out')
  t.equal((await get(`${several.id}/files/3/content`)).status, 500)

  const same = await kept(formOf(['un\n', 'de\n']))
  const [a, b] = ['1', '2'].map((name) => join(world.box.files.path(same.id), name))
  await rename(a ?? '', `${path}.tmp`)
  await rename(b ?? '', a ?? '')
  await rename(`${path}.tmp`, b ?? '')
  const range = await get(`${same.id}/files/1/content`, { range: 'bytes=0-1' })
  t.notOk(
    await range.text().then(
      (text) => text === 'de',
      () => false,
    ),
    'not the other’s bytes',
  )

  await rm(two)
  t.equal(await check(), false, 'one that is gone')
  t.equal((await inspection.differences()).length, 2)
})
