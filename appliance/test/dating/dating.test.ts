import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import {
  datedGroup,
  memorySource,
  parseAnchors,
  parseTrace,
  toHex,
  utf8,
  verifyBundle,
  type JsonValue,
} from '@probant/evidence'
import { ManualClock } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import { hasOpenssl, OpensslAuthority } from '@probant/timestamping/testing'
import { createPool } from '@probant/postgres'
import { recompute } from '../../src/integrity/recomputation.ts'
import { readSigningKeys } from '../../src/journal/signing-keys.ts'
import { readTraces } from '../../src/store/journal.ts'
import { outsideTokensOf } from '../../src/store/outside-tokens.ts'
import type { ApplianceSettings } from '../../src/settings.ts'
import { createWorld, form, staff, type World } from '../world.ts'

const run = promisify(execFile)
const skip = hasOpenssl ? false : 'the openssl command is not installed'
t.setTimeout(120_000)

/** A box that asks this authority outside, and somebody in it. */
async function boxWith(t: Test, more: Partial<NonNullable<ApplianceSettings['dating']>> = {}) {
  const authority = await OpensslAuthority.start()
  const dating = { authorities: [authority.settings], ...more }
  const world = await createWorld({
    dating,
    journal: { sealAfterSeconds: 1, idleSealSeconds: 3600 },
  })
  t.teardown(async () => {
    await world.close()
    await authority.close()
  })
  return { authority, world }
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let left = 400; left > 0; left--) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what}: not within 20 s`)
}

/** Traces of attempts to have the journal dated. */
async function attempts(
  world: World,
): Promise<{ outcome: string; data: Record<string, JsonValue> }[]> {
  const traces = await readTraces(world.box.database, 0, world.box.journal.size)
  return traces
    .map(({ bytes }) => parseTrace(bytes))
    .filter(({ act }) => act === 'checkpoint-dated')
    .map(({ outcome, data }) => ({ outcome, data }))
}

const datedOver = (world: World, size: number) =>
  until(`dated over ${size} traces`, () =>
    Promise.resolve(world.box.dating.datedSize > size ? world.box.dating.datedSize : undefined),
  )

interface Shown {
  readonly id: string
  readonly receipt: { readonly state: string }
}

await t.test(
  'a deposit becomes dated; its bundle shows it without the box',
  { skip },
  async (t) => {
    const { authority, world } = await boxWith(t, { intervalSeconds: 10 })
    await datedOver(world, 0)
    const { vault, token } = await staff(world)
    const path = `/vaults/${vault}/objects`
    const made = await world.call('POST', path, { token, body: form('un document') })
    const { id } = (await made.json()) as Shown
    const state = async () =>
      ((await (await world.call('GET', `${path}/${id}`, { token })).json()) as Shown).receipt.state
    t.equal(await state(), 'accepted')
    await until('dated', async () => ((await state()) === 'dated' ? true : undefined))

    const size = world.box.dating.datedSize
    const [kept] = await outsideTokensOf(world.box.database, size)
    if (kept === undefined) return t.fail('no token')
    t.match((await attempts(world)).at(-1), {
      outcome: 'done',
      data: { size, tokens: [{ authority: 'outside', sha256: toHex(kept.sha256) }] },
    })
    const head = (await (await world.call('GET', '/journal/head', { token })).json()) as object
    t.match(head, { datedSize: size })

    const bundle = await world.call('GET', `${path}/${id}/proof`, { token })
    const entries = await unzipped(t, Buffer.from(await bundle.arrayBuffer()))
    await opensslAgrees(t, authority, entries)
    await anchored(t, world, authority, entries)

    await alteredIsNamed(t, world, size)

    // The next seal names the token.
    const sealed = await until('a seal after the token', async () => {
      const traces = await readTraces(world.box.database, size, world.box.journal.size)
      const seals = traces.map(({ bytes }) => parseTrace(bytes)).filter(({ act }) => act === 'seal')
      return seals.find(({ data }) => data['lastToken'] === toHex(kept.sha256))
    })
    t.equal(sealed.act, 'seal', 'the next seal names the token')
  },
)

/** What root does to the tokens kept, past their triggers, and puts right again. */
async function alteredIsNamed(t: Test, world: World, size: number) {
  const { database, crypto, files, ciphers, journal, journalKey } = world.box
  const owner = createPool({ ...world.database.connection, max: 1 })
  const found = async () => {
    const journalKeys = await readSigningKeys(database, crypto, journal.origin, journalKey)
    const context = { database, crypto, files, ciphers, origin: journal.origin, journalKeys }
    const result = await recompute(context, journal.certifiedSize)
    return result.journal.findings.map(({ kind }) => kind)
  }
  const changes = async (what: string, table: string, change: string, back: string) => {
    const past = async (statement: string) => {
      await owner.query(`ALTER TABLE journal.${table} DISABLE TRIGGER USER`)
      await owner.query(statement)
      await owner.query(`ALTER TABLE journal.${table} ENABLE TRIGGER USER`)
    }
    await past(change)
    t.same(await found(), ['bad-timestamp'], what)
    await past(back)
    t.same(await found(), [], 'as it was')
  }
  const flip = (table: string, column: string) =>
    `UPDATE journal.${table} SET ${column} = set_byte(${column}, 40, get_byte(${column}, 40) # 1) WHERE size = ${size}`
  const token = flip('outside_tokens', 'token')
  await changes('a token altered', 'outside_tokens', token, token)
  const seal = flip('datings', 'seal')
  await changes('what was stamped altered', 'datings', seal, seal)
  await changes(
    'a date that no trace names',
    'datings',
    `INSERT INTO journal.datings SELECT c.size, checkpoint, seal, received_at FROM journal.datings d,
       (SELECT max(size) AS size FROM journal.checkpoints
        WHERE size < ${size} AND size NOT IN (SELECT size FROM journal.datings)) c WHERE d.size = ${size}`,
    `DELETE FROM journal.datings d WHERE NOT EXISTS (SELECT FROM journal.outside_tokens o WHERE o.size = d.size)`,
  )
  await owner.close()
}

async function unzipped(t: Test, zip: Uint8Array): Promise<Map<string, Uint8Array>> {
  const folder = await mkdtemp(join(tmpdir(), 'probant-bundle-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'bundle.zip'), zip)
  const script = `import sys, zipfile; zipfile.ZipFile('bundle.zip').extractall('.')
print('\\n'.join(zipfile.ZipFile('bundle.zip').namelist()))`
  const { stdout } = await run('python3', ['-c', script], { cwd: folder })
  const names = stdout.trim().split('\n')
  return new Map(
    await Promise.all(
      names.map(
        async (name) => [name, new Uint8Array(await readFile(join(folder, name)))] as const,
      ),
    ),
  )
}

/** What an expert types: formats.md section 19. */
async function opensslAgrees(
  t: Test,
  authority: OpensslAuthority,
  entries: ReadonlyMap<string, Uint8Array>,
) {
  const bytes = (name: string) => entries.get(`blocks/dated-${name}`) ?? new Uint8Array(0)
  const { bytes: group } = datedGroup(nodeCrypto, bytes('checkpoint'), bytes('seal'))
  t.same(Buffer.from(group), Buffer.from(bytes('group')))
  for (const name of ['group', 'token-1', 'lists-1'])
    await writeFile(authority.path(name), bytes(name))
  const verify = 'ts -verify -data group -in token-1 -token_in -CAfile root.pem'
  const { stdout, stderr } = await run('openssl', verify.split(' '), { cwd: authority.folder })
  t.match(stdout + stderr, /Verification: OK/)
  const list = 'crl -in lists-1 -CAfile root.pem -noout'
  const checked = await run('openssl', list.split(' '), { cwd: authority.folder })
  t.match(checked.stdout + checked.stderr, /verify OK/)
}

/** Against anchors of the verifier's own. */
async function anchored(
  t: Test,
  world: World,
  authority: OpensslAuthority,
  entries: ReadonlyMap<string, Uint8Array>,
) {
  const { journalKey, latKey, tsaRoot, boxId } = world.identity
  const files = new Map([
    ['journal.vkeys', utf8(`${journalKey}\n`)],
    ['lat.pem', utf8(latKey)],
    ['tsa.pem', utf8(tsaRoot)],
    ['box.txt', utf8(`${boxId}\n`)],
  ])
  const source = memorySource([...entries].map(([name, bytes]) => ({ name, bytes })))
  const judge = () => verifyBundle(nodeCrypto, source, parseAnchors(files, nodeCrypto))
  t.match(await judge(), {
    verdict: { status: 'valid' },
    facts: { state: 'accepted', datings: [{ status: 'cannot-tell' }] },
  })
  files.set('outside-tsa.pem', utf8(tsaRoot))
  t.match(
    await judge(),
    { facts: { state: 'accepted' } },
    "the box's own authority is none outside",
  )
  files.set('outside-tsa.pem', new Uint8Array(await readFile(authority.path('root.pem'))))
  const { checks, verdict, facts } = await judge()
  t.same(verdict, { status: 'valid' })
  t.match(
    checks.find(({ name }) => name === 'dating'),
    { verdict: { status: 'valid' } },
  )
  t.match(facts, {
    state: 'dated',
    datings: [{ status: 'valid', authority: 'CN=outside tsa', isRevocationChecked: true }],
  })
}

await t.test(
  'failures are journalled once, and once more beyond the limit',
  { skip },
  async (t) => {
    const authority = await OpensslAuthority.start()
    t.teardown(() => authority.close())
    authority.misbehaviour = (_authority, _query, response) => {
      response.writeHead(400).end()
      return Promise.resolve()
    }
    const settings = { authorities: [authority.settings], limitHours: 1 }
    const world = await createWorld({ dating: settings })
    t.teardown(() => world.close())
    const clock = new ManualClock({ nowMs: Date.now() })
    await world.restart({ clock })
    const failed = (count: number) =>
      until(`${count} failures told`, async () => {
        await clock.run(10_000)
        const found = (await attempts(world)).filter(({ outcome }) => outcome === 'failed')
        return found.length >= count ? found : undefined
      })
    const [first] = await failed(1)
    t.match(first?.data, {
      overdue: false,
      reason: 'no-quorum',
      authorities: [{ authority: 'outside', code: 'refused-by-server' }],
    })
    for (let minutes = 0; minutes < 45; minutes += 5) await clock.run(300_000)
    t.equal((await attempts(world)).length, 1, 'not for each attempt')
    t.match(await world.box.dating.standing(), { isOverdue: false, last: null })
    await clock.run(1_200_000)
    const [, second] = await failed(2)
    t.match(second?.data, { overdue: true, limitHours: 1 })
    t.match(await world.box.dating.standing(), { isOverdue: true })
    await world.restart({ clock })
    await clock.run(300_000)
    t.equal((await attempts(world)).length, 2, 'a restart does not tell it again')
  },
)
