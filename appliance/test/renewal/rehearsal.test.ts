import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { toHex } from '@probant/evidence'
import type { OpensslAuthority } from '@probant/timestamping/testing'
import { readRenewals, renewalTokensOf } from '../../src/store/renewals.ts'
import {
  authorityIn,
  box,
  certified,
  deposit,
  skip,
  start,
  type Setting,
} from '../seal-certificate/setting.ts'
import { authorityUntil, DAY_MS, signUntil, YEAR_MS } from './authorities.ts'
import { foundIn, renewedTimes, until } from './box.ts'

t.setTimeout(180_000)

const cli = join(import.meta.dirname, '../../../provisioning/cli/probant.ts')
const folder = t.testdir()
const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** What the verifier trusts: never taken from a bundle. */
function anchorsIn(
  name: string,
  { world }: Setting,
  authorities: readonly OpensslAuthority[],
  sealRoot: string,
  retired: readonly string[],
): string {
  const { journalKey, latKey, tsaRoot, boxId } = world.identity
  const outside = authorities.map((each) => readFileSync(each.path('root.pem'), 'utf8')).join('')
  const files = {
    'journal.vkeys': `${journalKey}\n`,
    'lat.pem': latKey,
    'tsa.pem': tsaRoot,
    'box.txt': `${boxId}\n`,
    'seal.pem': sealRoot,
    'outside-tsa.pem': outside,
    'retired.txt': retired.map((line) => `${line}\n`).join(''),
  }
  mkdirSync(join(folder, name))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text)
  return join(folder, name)
}

/** The bundle of a document as the box gives it now. */
async function bundleOf({ world, vault, token }: Setting, id: unknown, name: string) {
  const answer = await world.call('GET', `/vaults/${vault}/objects/${String(id)}/proof`, { token })
  const path = join(folder, `${name}.zip`)
  writeFileSync(path, new Uint8Array(await answer.arrayBuffer()))
  return path
}

/** `probant verify`, as people call it. */
function verify(bundle: string, anchors: string, atMs: number) {
  const words = ['verify', bundle, '--anchors', anchors, '--at', day(atMs), '--lang', 'en']
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...words], {
    encoding: 'utf8',
  })
  return { status, text: `${stdout}${stderr}` }
}

/** `openssl ts -verify` accepts every token by which a record goes on. */
async function opensslAgrees(
  t: Test,
  { world }: Setting,
  authorities: ReadonlyMap<string, OpensslAuthority>,
) {
  const { database } = world.box
  for (const { number, root } of await readRenewals(database)) {
    for (const { token, subject, genTimeMs } of await renewalTokensOf(database, number)) {
      const authority = [...authorities].find(([name]) => subject.startsWith(`CN=${name}`))?.[1]
      const file = join(folder, `renewal-${number}.tst`)
      writeFileSync(file, token)
      const said = execFileSync(
        'openssl',
        [
          ...['ts', '-verify', '-digest', toHex(root), '-in', file, '-token_in'],
          ...['-CAfile', authority?.path('root.pem') ?? '', '-attime', `${genTimeMs / 1000}`],
        ],
        { encoding: 'utf8', stdio: 'pipe' },
      )
      t.match(said, /Verification: OK/, `renewal ${number}`)
    }
  }
}

void t.test('fifteen years', { skip }, async (t) => {
  const setting = await box(t, { journal: { sealAfterSeconds: 60, idleSealSeconds: 360_000 } })
  const { world, clock } = setting
  const clients = authorityIn(join(folder, 'ca'), 'Essai')
  const first = await authorityUntil(clock, 'alpha', start + YEAR_MS)
  t.teardown(() => first.close())
  if (clients === undefined) return t.fail('no openssl')
  await certified(setting, clients, { startMs: start - DAY_MS, endMs: start + 2 * YEAR_MS })
  const go = (authorities: readonly OpensslAuthority[], renewal = {}) => {
    const dating = { authorities: authorities.map(({ settings }) => settings) }
    return world.restart({ clock, settings: { ...world.settings, dating, renewal } })
  }
  const dated = (size: number) =>
    until(clock, 'dated', () => (world.box.dating.datedSize > size ? true : undefined))

  await go([first])
  const { body } = await deposit(setting, 'un acte de 2026')
  await dated(world.box.journal.size - 1)
  const [young, trusted] = [
    await bundleOf(setting, body['id'], 'young'),
    anchorsIn('before', setting, [first], clients.rootPem, []),
  ]
  t.equal(verify(young, trusted, start + 100 * DAY_MS).status, 0)

  // The authority's certificate nears its end.
  clock.advance(YEAR_MS - 80 * DAY_MS)
  await signUntil(first, 'second', start + 3 * YEAR_MS)
  await renewedTimes(world, clock, 1)
  const second = await bundleOf(setting, body['id'], 'second')
  const later = verify(second, trusted, start + 2 * YEAR_MS + 100 * DAY_MS)
  t.equal(later.status, 0, later.text)
  t.match(later.text, /renewed at .*alpha second/)

  // That authority is gone, with its key; the client's seal certificate has ended.
  clock.advance(2 * YEAR_MS - 10 * DAY_MS)
  const other = await authorityUntil(clock, 'beta', start + 25 * YEAR_MS, 'P-384')
  t.teardown(() => other.close())
  first.misbehaviour = (_authority, _query, response) => {
    response.writeHead(503).end()
    return Promise.resolve()
  }
  await go([first, other])
  await renewedTimes(world, clock, 2)
  const both = [first, other]
  const third = await bundleOf(setting, body['id'], 'third')
  const known = anchorsIn('both', setting, both, clients.rootPem, [])
  const sealed = verify(third, known, start + 4 * YEAR_MS)
  t.equal(sealed.status, 0, sealed.text)
  t.match(sealed.text, /renewed at .*beta first/)

  // SHA-256 is retired: nothing of the chain rests on it any more.
  const sha256 = start + 6 * YEAR_MS
  const without = anchorsIn('sha256', setting, both, clients.rootPem, [`sha256 ${day(sha256)}`])
  const survivor = verify(third, without, sha256 + YEAR_MS)
  t.equal(survivor.status, 0, survivor.text)
  t.match(survivor.text, /does not rest on SHA-256/)
  for (const [name, bundle] of Object.entries({ young, second })) {
    const lost = verify(bundle, without, sha256 + YEAR_MS)
    t.equal(lost.status, 3, `${name}: not renewed, nobody can tell`)
    t.match(lost.text, /a renewal before/)
  }

  // SHA-512 is to be retired: new digests over everything.
  const sha512 = start + 10 * YEAR_MS
  clock.advance(sha512 - 60 * DAY_MS - clock.nowMs())
  const retired = { sha256: day(sha256), sha512: day(sha512) }
  await go(both, { retired })
  const renewals = await renewedTimes(world, clock, 3)
  t.match(renewals.at(-1), { kind: 'hash-tree-renewal', algorithm: 'sha3-512' })
  const old = await bundleOf(setting, body['id'], 'old')
  const lines = Object.entries(retired).map(([name, date]) => `${name} ${date}`)
  const all = anchorsIn('sha512', setting, both, clients.rootPem, lines)
  const last = verify(old, all, start + 15 * YEAR_MS)
  t.equal(last.status, 0, last.text)
  t.match(last.text, /renewed with new digests at .*beta first.*sha3-512/)
  t.match(verify(third, all, start + 15 * YEAR_MS), { status: 3, text: /sha512 was retired/ })

  await opensslAgrees(
    t,
    setting,
    new Map([
      ['alpha', first],
      ['beta', other],
    ]),
  )
  t.same(await foundIn(world), [], 'a recomputation finds everything as it was written')
})
