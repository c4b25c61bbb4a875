import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { open, readFile, unlink } from 'node:fs/promises'
import { once } from 'node:events'
import { join } from 'node:path'
import {
  bundleEntryName,
  collectionEntry,
  parseListing,
  parseTrace,
  type Listing,
} from '@probant/evidence'
import { createPool } from '@probant/postgres'
import { openZip, UnusableInput } from '@probant/verification'
import t from 'tap'
import { createWorld, form, staff } from '../../appliance/test/world.ts'
import { verifyCommand, type VerifyOptions } from '../../provisioning/cli/verify.ts'

/** The evidence of several objects as a box gives it out, and what `probant verify` says of it. */
const folder = t.testdir({})
const world = await createWorld()
t.teardown(() => world.close())
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

const deposit = async (content: string | Uint8Array<ArrayBuffer>) => {
  const answer = await world.call('POST', `/vaults/${vault}/objects`, {
    token,
    body: form(content),
  })
  return ((await answer.json()) as { id: string }).id
}
const ask = (json: unknown, as = token) =>
  world.call('POST', `/vaults/${vault}/proofs`, { token: as, json })

/** Reads the answer too: one that is left unread keeps its connection. */
async function statusOf(asked: Promise<Response>): Promise<number> {
  const answer = await asked
  await answer.text()
  return answer.status
}

let saved = 0
async function save(answer: Response): Promise<string> {
  const path = join(folder, `${++saved}.zip`)
  writeFileSync(path, new Uint8Array(await answer.arrayBuffer()))
  return path
}

const verify = (path: string, options: VerifyOptions = {}) =>
  verifyCommand(path, { anchors, json: true, ...options }, { LANG: 'C' })

async function listingOf(path: string): Promise<Listing> {
  const zip = await openZip(new Blob([await readFile(path)]))
  return parseListing(await zip.read(collectionEntry.listing, 1_000_000))
}

async function proofTraces(): Promise<[string | null, string, unknown][]> {
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = 'proof' ORDER BY seq`,
  )
  return rows.map(({ bytes }) => {
    const { object, outcome, data } = parseTrace(bytes)
    return [object, outcome, data['content'] ?? data['reason']]
  })
}

const [first, second, third] = [await deposit('un\n'), await deposit('deux\n'), await deposit('x')]

await t.test('a selection: in the order of the deposits, a trace an object', async (t) => {
  const answer = await ask({ objects: [third, first] })
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('content-type'), 'application/zip')
  const path = await save(answer)
  const document = join(folder, 'un.txt')
  writeFileSync(document, 'un\n')
  const { text, exitCode } = await verify(path, { document })
  t.equal(exitCode, 0, text)
  t.match(JSON.parse(text), {
    listing: { selection: 'objects', omissions: [] },
    objects: [{ object: first }, { object: third }],
  })
  t.same(await proofTraces(), [
    [first, 'done', true],
    [third, 'done', true],
  ])
})

await t.test('a whole vault; each bundle is the one that it would be alone', async (t) => {
  const path = await save(await ask({ all: true }))
  t.equal((await verify(path)).exitCode, 0)
  const { selection, journalSize, entries } = await listingOf(path)
  t.equal(selection, 'vault')
  t.ok(journalSize > 0)
  t.same(
    entries.map(({ name }) => name),
    [collectionEntry.readme, ...[first, second, third].map(bundleEntryName)],
  )
  // Nobody asked for the second alone since: nothing of it has changed.
  const zip = await openZip(new Blob([await readFile(path)]))
  const inside = await zip.read(bundleEntryName(second), 10_000_000)
  const before = (await proofTraces()).length
  const alone = await world.call('GET', `/vaults/${vault}/objects/${second}/proof`, { token })
  const names = async (bytes: Uint8Array<ArrayBuffer>) =>
    (await openZip(new Blob([bytes]))).entries.map(({ name }) => name)
  const listed = await names(new Uint8Array(await alone.arrayBuffer()))
  t.same(
    listed.filter((name) => !name.startsWith('traces/')),
    (await names(new Uint8Array(inside))).filter((name) => !name.startsWith('traces/')),
  )
  t.equal((await proofTraces()).length, before + 1)
})

await t.test('without documents on demand, and for who may not read them', async (t) => {
  for (const [json, as] of [
    [{ objects: [first, second], content: false }, token],
    [{ all: true }, auditorToken],
  ] as const) {
    const path = await save(await ask(json, as))
    const { text, exitCode } = await verify(path)
    t.equal(exitCode, 0, text)
    t.match(JSON.parse(text), { objects: [{ facts: { documents: [{ compared: null }] } }] })
    t.notMatch((await readFile(path)).toString('latin1'), 'document/1')
    t.same((await proofTraces()).at(-1)?.[2], false)
  }
})

await t.test('refused: strangers, unknown objects, nothing, too much; journalled', async (t) => {
  const unknown = crypto.randomUUID()
  const answer = await ask({ objects: [first, unknown] })
  t.equal(answer.status, 404)
  t.match(await answer.json(), { detail: new RegExp(unknown) })
  t.same((await proofTraces()).at(-1), [null, 'refused', 'no-such-object'])
  const admin = world.identity.adminToken
  t.equal(await statusOf(ask({ all: true }, admin)), 403)
  t.same((await proofTraces()).at(-1), [null, 'refused', 'forbidden'])
  for (const json of [
    {},
    { objects: [] },
    { objects: ['x'] },
    { objects: [first, first] },
    { objects: [first], all: true },
    { all: false },
    { all: true, more: 1 },
  ])
    t.equal(await statusOf(ask(json)), 400, JSON.stringify(json))
  const made = await world.call('POST', '/vaults', { token: admin, json: { name: 'Vide' } })
  const { id } = (await made.json()) as { id: string }
  const other = { token: auditorToken, json: { all: true } }
  t.equal(await statusOf(world.call('POST', `/vaults/${id}/proofs`, other)), 422)
  const elsewhere = { token: auditorToken, json: { objects: [first] } }
  t.equal(await statusOf(world.call('POST', `/vaults/${id}/proofs`, elsewhere)), 404)
})

await t.test('what was altered or is gone is named, and the rest still comes', async (t) => {
  const damaged = await deposit('à altérer\n')
  const file = await open(world.box.files.path(damaged), 'r+')
  await file.write(Buffer.from('!'), 0, 1, 100)
  await file.close()
  const lost = await deposit('perdu\n')
  await unlink(world.box.files.path(lost))
  const { database } = world.settings.database
  const opaque = await deposit('illisible\n')
  const superuser = createPool({ ...world.database.superuser, database, max: 1 })
  await superuser.query(
    `UPDATE vault.object_secrets SET enclosed = 'x'::bytea WHERE object_id = '${opaque}'`,
  )
  await superuser.close()
  const path = await save(await ask({ objects: [first, damaged, lost, opaque] }))
  const { text, exitCode } = await verify(path)
  t.equal(exitCode, 0, text)
  const omissions = [
    { object: damaged, part: 'document', reason: 'altered' },
    { object: lost, part: 'document', reason: 'altered' },
    { object: opaque, part: 'bundle', reason: 'altered' },
  ]
  t.match(JSON.parse(text), { listing: { omissions }, notProved: /omissions/ })
  t.same((await proofTraces()).slice(-6), [
    [first, 'done', true],
    [damaged, 'failed', 'integrity-failure'],
    [damaged, 'done', false],
    [lost, 'failed', 'integrity-failure'],
    [lost, 'done', false],
    [opaque, 'failed', 'integrity-failure'],
  ])
})

await t.test('cut short it is no zip', async (t) => {
  const whole = await readFile(await save(await ask({ objects: [first, second] })))
  for (const share of [0.1, 0.5, 0.999]) {
    const cut = join(folder, 'cut.zip')
    writeFileSync(cut, whole.subarray(0, Math.floor(whole.length * share)))
    await t.rejects(verify(cut), UnusableInput)
  }
})

await t.test('probant proofs', async (t) => {
  const current = await world.call('GET', '/sessions/current')
  await current.text()
  const { url } = current
  const output = join(folder, 'fetched.zip')
  const run = async (...words: string[]) => {
    const cli = join(import.meta.dirname, '../../provisioning/cli/probant.ts')
    const api = url.replace('/sessions/current', '')
    const reach = ['--api', api, '--token', token, '--vault', vault]
    const child = spawn(process.execPath, [cli, 'proofs', '--output', output, ...reach, ...words])
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        said += piece.toString()
      })
    const [code] = (await once(child, 'close')) as [number]
    return { code, said }
  }
  const found = await run('--json', '--no-content', first, second)
  t.equal(found.code, 0, found.said)
  t.match(JSON.parse(found.said), { output, sha256: /^[0-9a-f]{64}$/ })
  t.equal((await verify(output)).exitCode, 0)
  t.match(await run(), { code: 1, said: /--all/ })
  t.match(await run('--all', first), { code: 1 })
})
