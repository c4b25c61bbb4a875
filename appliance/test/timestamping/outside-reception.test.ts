import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import {
  memorySource,
  parseAnchors,
  parseTrace,
  utf8,
  verifyBundle,
  type BundleReport,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { answer, hasOpenssl, OpensslAuthority } from '@probant/timestamping/testing'
import { createLogger, systemClock, systemRandomness } from '@probant/host'
import type { ReceptionSettings, TimestampingSettings } from '@probant/timestamping'
import { OutsideReception } from '../../src/timestamping/index.ts'
import { readTraces } from '../../src/store/journal.ts'
import { createWorld, form, staff, type World } from '../world.ts'

const run = promisify(execFile)
const skip = hasOpenssl ? false : 'the openssl command is not installed'
const quick: ReceptionSettings = { fallback: 'refuse', gapSeconds: 0 }
t.setTimeout(120_000)

/** A box whose reception tokens come from these authorities, and somebody in it. */
async function boxWith(t: Test, reception: ReceptionSettings, names = ['outside']) {
  const authorities: OpensslAuthority[] = []
  for (const name of names) authorities.push(await OpensslAuthority.start(name))
  const settings = authorities.map((each) => each.settings)
  // The journal isn't dated meanwhile: what is asked for are reception tokens.
  const dating = { authorities: settings, intervalSeconds: 86_400 }
  const world = await createWorld({ dating, reception })
  t.teardown(async () => {
    await world.close()
    for (const each of authorities) await each.close()
  })
  const people = await staff(world)
  const path = `/vaults/${people.vault}/objects`
  const deposit = (content = 'un document') =>
    world.call('POST', path, { token: people.token, body: form(content) })
  const [authority] = authorities
  if (authority === undefined) throw new Error('no authority')
  return { authority, authorities, world, path, deposit, ...people }
}

async function traces(world: World, wanted: string) {
  const all = await readTraces(world.box.database, 0, world.box.journal.size)
  return all.map(({ bytes }) => parseTrace(bytes)).filter(({ act }) => act === wanted)
}

/** An authority that is down. */
function down(authority: OpensslAuthority): void {
  authority.misbehaviour = (_authority, _query, response) => {
    response.writeHead(503).end()
    return Promise.resolve()
  }
}

async function bundleOf(
  t: Test,
  { world, path, token }: { world: World; path: string; token: string },
  id: string,
) {
  const bundle = await world.call('GET', `${path}/${id}/proof`, { token })
  const folder = t.testdir({})
  await writeFile(join(folder, 'bundle.zip'), Buffer.from(await bundle.arrayBuffer()))
  const script = `import sys, zipfile; zipfile.ZipFile('bundle.zip').extractall('bundle')
print('\\n'.join(zipfile.ZipFile('bundle.zip').namelist()))`
  const { stdout } = await run('python3', ['-c', script], { cwd: folder })
  const entries: { name: string; bytes: Uint8Array }[] = []
  for (const name of stdout.trim().split('\n'))
    entries.push({ name, bytes: new Uint8Array(await readFile(join(folder, 'bundle', name))) })
  return { folder, entries }
}

async function anchorFiles(world: World, outside: OpensslAuthority) {
  const { journalKey, latKey, tsaRoot, boxId } = world.identity
  return new Map([
    ['journal.vkeys', utf8(`${journalKey}\n`)],
    ['lat.pem', utf8(latKey)],
    ['tsa.pem', utf8(tsaRoot)],
    ['box.txt', utf8(`${boxId}\n`)],
    ['outside-tsa.pem', new Uint8Array(await readFile(outside.path('root.pem')))],
  ])
}

type Bundle = Awaited<ReturnType<typeof bundleOf>>
const judge = ({ entries }: Bundle, anchors: ReadonlyMap<string, Uint8Array>) =>
  verifyBundle(nodeCrypto, memorySource(entries), parseAnchors(anchors, nodeCrypto))
const isClaim = ({ notProved }: BundleReport) => notProved.includes('time-is-the-boxes-claim')
const idOf = async (response: Response) => ((await response.json()) as { id: string }).id

await t.test('the time of a deposit is an independent authority’s', { skip }, async (t) => {
  const box = await boxWith(t, quick)
  const { authority, world, deposit } = box
  const made = await deposit()
  t.equal(made.status, 201)
  const bundle = await bundleOf(t, box, await idOf(made))
  const anchors = await anchorFiles(world, authority)
  const report = await judge(bundle, anchors)
  t.match(report, {
    verdict: { status: 'valid' },
    facts: { token: { authority: 'CN=outside tsa', isIndependent: true } },
  })
  t.notOk(isClaim(report))

  const own = new Map(anchors).set('tsa.pem', anchors.get('outside-tsa.pem') ?? utf8(''))
  t.ok(isClaim(await judge(bundle, own)), 'whoever gives its root as a box’s takes it so')
  own.set('tsa.pem', anchors.get('tsa.pem') ?? utf8('')).delete('outside-tsa.pem')
  t.match((await judge(bundle, own)).verdict, { status: 'invalid' })

  const { folder } = bundle
  const folderOfAnchors = join(folder, 'anchors')
  await mkdir(folderOfAnchors)
  for (const [name, bytes] of anchors) await writeFile(join(folderOfAnchors, name), bytes)
  await second(t, join(folder, 'bundle.zip'), folderOfAnchors)
  const script = await run('sh', ['verify.sh', folderOfAnchors], { cwd: join(folder, 'bundle') })
  t.match(script.stdout, /by an authority outside \(outside-tsa\.pem\)[^]*\nvalid\n$/)
  const signed = await readFile(join(folder, 'bundle', 'signed-bytes.bin'))
  await writeFile(join(folder, 'root'), signed.subarray(0, 32))
  const verify = `ts -verify -data root -in bundle/token.tst -token_in -CAfile ${authority.path('root.pem')}`
  const checked = await run('openssl', verify.split(' '), { cwd: folder })
  t.match(checked.stdout + checked.stderr, /Verification: OK/)
})

/** The verifier that shares no code with ours. */
async function second(t: Test, bundle: string, anchors: string) {
  const program = new URL('../../../test/evidence/second-verifier', import.meta.url).pathname
  const { stdout } = await run('python3', ['-B', program, bundle, '--anchors', anchors])
  t.match(stdout, /"answer": "valid"/)
  t.notMatch(stdout, /is the box's claim/)
}

await t.test(
  'while no authority answers, deposits are refused and it is left alone',
  { skip },
  async (t) => {
    const { authority, world, deposit } = await boxWith(t, quick)
    down(authority)
    const before = authority.requests.length
    const refused = await deposit()
    t.equal(refused.status, 503)
    t.ok(refused.headers.get('retry-after'))
    t.match(await refused.json(), {
      type: 'urn:probant:problem:timestamp-failed',
      step: 'timestamp',
    })
    const asked = authority.requests.length - before
    t.equal(asked, 2, 'twice at once')
    for (let count = 0; count < 5; count += 1) t.equal((await deposit()).status, 503)
    t.equal(authority.requests.length - before, asked, 'not again for each batch')
    t.match(world.box.signerWatch.waitsFor, /no authority outside/)
    t.ok(world.box.outsideReception?.isWithout)

    const failed = (await traces(world, 'deposit')).map(({ outcome, data }) => ({ outcome, data }))
    t.equal(failed.length, 6)
    t.match(
      failed,
      failed.map(() => ({
        outcome: 'failed',
        data: { step: 'timestamp', reason: 'timestamp-failed' },
      })),
    )
    const { rows } = await world.box.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM vault.objects',
    )
    t.same(rows, [{ count: 0 }], 'nothing is kept')

    authority.misbehaviour = undefined
    for (let tries = 0; tries < 300 && world.box.signerWatch.waitsFor !== undefined; tries += 1)
      await delay(50)
    t.equal((await deposit()).status, 201, 'it is asked again without a depositor')
    t.notOk(world.box.outsideReception?.isWithout)
  },
)

await t.test(
  'where the settings say so, the box’s own token takes its place',
  { skip },
  async (t) => {
    const box = await boxWith(t, { ...quick, fallback: 'internal' })
    const { authority, world, deposit } = box
    down(authority)
    const made = await deposit()
    t.equal(made.status, 201)
    const id = await idOf(made)
    t.equal((await deposit('un autre')).status, 201)
    const report = await judge(await bundleOf(t, box, id), await anchorFiles(world, authority))
    t.match(report, { verdict: { status: 'valid' }, facts: { token: { isIndependent: false } } })
    t.ok(isClaim(report))
    const told = await traces(world, 'reception-fallback')
    t.match(told, [
      {
        outcome: 'failed',
        data: {
          by: 'internal',
          authorities: [{ authority: 'outside', code: 'refused-by-server' }],
        },
      },
    ])
    t.equal(told.length, 1, 'once a series')
    t.same(world.box.outsideReception?.tokens, { outside: 0, internal: 2 })
    t.match(
      await world.box.metrics.metrics(),
      /probant_reception_tokens_total\{by="internal"[^}]*\} 2/,
    )
    t.match(await world.box.metrics.metrics(), /probant_reception_without_outside(\{[^}]*\})? 1/)
  },
)

await t.test(
  'the second authority stands in for the first, which is left alone',
  { skip },
  async (t) => {
    const { authorities, world, deposit } = await boxWith(t, quick, ['first', 'second'])
    const [first, other] = authorities
    if (first === undefined || other === undefined) return t.fail('no authorities')
    down(first)
    const before = first.requests.length
    for (let count = 0; count < 3; count += 1) t.equal((await deposit()).status, 201)
    t.equal(first.requests.length - before, 2)
    t.same(world.box.outsideReception?.tokens, { outside: 3, internal: 0 })
  },
)

await t.test('a token that is wrong is none', { skip }, async (t) => {
  const { authority, deposit } = await boxWith(t, quick)
  authority.misbehaviour = async (_authority, query, response) => {
    // over another imprint
    const at = query.length - 20
    answer(response, await authority.reply(query.with(at, (query[at] ?? 0) ^ 1)))
  }
  t.equal((await deposit()).status, 503)
})

await t.test('one token for many deposits while the gap lasts', { skip }, async (t) => {
  const { authority, deposit } = await boxWith(t, { ...quick, gapSeconds: 2 })
  t.equal((await deposit()).status, 201)
  const before = authority.requests.length
  const many = await Promise.all(Array.from({ length: 20 }, (_, at) => deposit(`document ${at}`)))
  t.same(new Set(many.map(({ status }) => status)), new Set([201]))
  t.ok(
    authority.requests.length - before <= 2,
    `${authority.requests.length - before} tokens for 20`,
  )
})

await t.test('several batches wait for their tokens at once', { skip }, async (t) => {
  const { authority, deposit } = await boxWith(t, quick)
  let waiting = 0
  let most = 0
  authority.misbehaviour = async (_authority, query, response) => {
    most = Math.max(most, ++waiting)
    await delay(1500)
    waiting -= 1
    answer(response, await authority.reply(query))
  }
  const all: Promise<Response>[] = []
  for (let count = 0; count < 5; count += 1) {
    all.push(deposit(`document ${count}`))
    await delay(150)
  }
  t.same(new Set((await Promise.all(all)).map(({ status }) => status)), new Set([201]))
  t.ok(most > 1, `${most} at once`)
})

await t.test('without an authority that can be asked no box starts', (t) => {
  const open = (outside: TimestampingSettings | undefined) =>
    new OutsideReception({
      ...{ crypto: nodeCrypto, clock: systemClock, randomness: systemRandomness, settings: quick },
      log: createLogger({ component: 'test', level: 'silent' }),
      outside,
      internal: () => Promise.reject(new Error('not asked')),
      onFallback: () => undefined,
    })
  t.throws(() => open(undefined), { code: 'bad-settings' })
  const relayed = { name: 'far', via: 'supervisor', roots: '/roots.pem' } as const
  t.throws(() => open({ authorities: [relayed] }), { code: 'bad-settings' })
  t.end()
})
