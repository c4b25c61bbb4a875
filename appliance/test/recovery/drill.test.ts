import { parseTrace } from '@probant/evidence'
import { systemRandomness } from '@probant/host'
import { formatShare, newRecoveryKey } from '@probant/keys'
import { createPool } from '@probant/postgres'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { serveConsole } from '../../src/console/server.ts'
import { recoverBox } from '../../src/commands/recover.ts'
import { noSoftHsm, SoftHsm } from '../../../packages/keys/test/pkcs11/softhsm.ts'
import { missingTpmSoftware, SoftwareTpm } from '../../../packages/tpm2-tss-bindings/test/swtpm.ts'
import type { ApplianceSettings } from '../../src/settings.ts'
import { createWorld, form, staff } from '../world.ts'
import { converse, heldCeremony } from './console.ts'

// The drill: the box's hardware is gone, its folder and database are restored on another machine with other keys.

const world = await createWorld()
const { home } = world.settings
const database = createPool({ ...world.database.superuser, max: 2 })
t.teardown(async () => {
  await database.close()
  await world.close()
})
const { vault, token, userId } = await staff(world)
const sheets = join(home, 'sheets')
const settingsFile = join(home, 'settings.json')

const kept: { vault: string; id: string; content: string }[] = []

async function deposit(into: string, content: string): Promise<void> {
  const answer = await world.call('POST', `/vaults/${into}/objects`, { token, body: form(content) })
  if (answer.status !== 201) throw new Error(await answer.text())
  kept.push({ vault: into, id: ((await answer.json()) as { id: string }).id, content })
}

async function anotherVault(name: string): Promise<string> {
  const admin = { token: world.identity.adminToken }
  const made = await world.call('POST', '/vaults', { ...admin, json: { name } })
  const { id } = (await made.json()) as { id: string }
  const json = { rights: ['deposit', 'read'] }
  await world.call('PUT', `/vaults/${id}/members/${userId}`, { ...admin, json })
  return id
}

async function bundle({ vault, id }: { vault: string; id: string }, name: string): Promise<string> {
  const answer = await world.call('GET', `/vaults/${vault}/objects/${id}/proof`, { token })
  if (answer.status !== 200) throw new Error(await answer.text())
  const file = join(home, name)
  await writeFile(file, Buffer.from(await answer.arrayBuffer()))
  return file
}

await deposit(vault, 'before the ceremony')
const console = await serveConsole(world.box)
const held = await heldCeremony(settingsFile, sheets, { shares: 3, threshold: 2 })
await console.close()
if (held.code !== 0) throw new Error(held.said)
await deposit(await anotherVault('Second'), 'after the ceremony')
await deposit(vault, 'x'.repeat(200_000))
await world.stop()

// The hardware is destroyed: what was in it is nowhere. The new machine has keys of its own.
await rm(join(home, 'keys'), { recursive: true })
const settings = {
  ...world.settings,
  keys: { provider: 'software', folder: join(home, 'new-keys') },
}
const newSettings = join(home, 'new-settings.json')
await writeFile(newSettings, JSON.stringify(settings), { mode: 0o600 })
const sheet = (number: number) => join(sheets, `share-${number}-of-3.txt`)
const recover = (...share: string[]) => recoverBox({ settings: newSettings, language: 'en', share })

await t.test('without the holders the new machine opens nothing', async (t) => {
  const enough = /1 of 2 shares: fewer than 2 say nothing of the key/
  await t.rejects(recover(sheet(2)), { code: 'too-few-shares', message: enough })
  const altered = (await readFile(sheet(3), 'utf8')).replace(/^[A-Z2-7]{4} /m, 'ABCD ')
  const alteredFile = join(home, 'altered.txt')
  await writeFile(alteredFile, altered)
  const mistyped = /altered\.txt: the share was mistyped or altered/
  await t.rejects(recover(sheet(1), alteredFile), { message: mistyped })
  await t.rejects(recover(sheet(1), sheet(1)), { message: /share 1 was given twice/ })
  const other = await newRecoveryKey({ threshold: 2, shares: 2 }, systemRandomness)
  const [foreign] = other.shares
  if (foreign === undefined) throw new Error('no share')
  await writeFile(join(home, 'foreign.txt'), formatShare(foreign))
  const another = /share 1 belongs to the recovery key .* another box or an earlier ceremony/
  await t.rejects(recover(sheet(1), join(home, 'foreign.txt')), { message: another })
})

await t.test('a copy older than what the witness cosigned is refused', async (t) => {
  const head = await readFile(join(home, 'signed-head'), 'utf8')
  const later = head.replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) + 5}\n`)
  await writeFile(join(home, 'witnessed-head'), later)
  await t.rejects(recover(sheet(1), sheet(2)), {
    code: 'not-recoverable',
    message: /its journal is not whole: .*a witness signed a head .*declared restore/,
  })
  await rm(join(home, 'witnessed-head'))
})

let report: Record<string, unknown> = {}

await t.test('two holders recover, at the console, one of them after mistyping', async (t) => {
  const lines: string[] = []
  for (const number of [3, 1]) {
    const text = await readFile(sheet(number), 'utf8')
    const [, share = ''] = /PROBANT-SHARE-1\n([\s\S]*?)\n\n/.exec(text) ?? []
    if (lines.length === 0) lines.push(share.replace(/^\S{4}/, 'ABCD'), '')
    lines.push(share.toLowerCase(), '')
    if (number === 3) lines.push(share, '')
  }
  const { code, said, stdout } = await converse(
    ['box', 'recover', '--settings', newSettings, '--language', 'en', '--json'],
    (said) => {
      if (!said.includes('empty line:')) return undefined
      const block = lines.splice(0, 2)
      return block.join('\n')
    },
  )
  t.equal(code, 0, said)
  t.match(said, /mistyped or altered/)
  t.match(said, /Share 3 was given already/)
  report = JSON.parse(stdout) as Record<string, unknown>
  t.match(report, { recovered: 2, lost: [] })
})

await t.test('again, it finds nothing left to do; cut off, it goes on', async (t) => {
  const { after, journalKey } = report
  t.match(await recover(sheet(1), sheet(2)), { recovered: 0, after, journalKey })
  await database.query(`UPDATE vault.key_epochs SET key_enclosed = $1`, [
    Buffer.from('enclosed to the former hardware'),
  ])
  t.match(await recover(sheet(2), sheet(3)), { recovered: 2, lost: [] })
})

await t.test('every object verifies and reads back equal, and work goes on', async (t) => {
  await world.restart({ settings })
  t.equal(world.box.journal.stoppedBecause, undefined)
  await deposit(vault, 'on the new hardware')
  await deposit(await anotherVault('Third'), 'in a new vault')
  for (const { vault, id, content } of kept) {
    const read = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
    t.equal(await read.text(), content)
    const check = await world.call('POST', `/vaults/${vault}/objects/${id}/integrity-checks`, {
      token,
    })
    t.match(await check.json(), { intact: true })
  }
  const { code, stdout } = await converse(['box', 'fsck', '--settings', newSettings])
  t.equal(code, 0, stdout)
})

await t.test('proofs of before and after verify with the keys of both', async (t) => {
  const anchors = join(home, 'anchors')
  await mkdir(anchors)
  const { identity } = world
  const both = (name: string, ...texts: unknown[]) =>
    writeFile(join(anchors, name), `${texts.map(String).join('\n')}\n`)
  await both('journal.vkeys', identity.journalKey, report['journalKey'])
  await both('lat.pem', identity.latKey, report['latKey'])
  await both('tsa.pem', identity.tsaRoot, report['tsaRoot'])
  await both('box.txt', identity.boxId)
  for (const [at, object] of [kept.at(0), kept.at(-1)].entries()) {
    if (object === undefined) throw new Error('nothing was deposited')
    const file = await bundle(object, `${at}.zip`)
    const { code, stdout } = await converse(['verify', file, '--anchors', anchors])
    t.equal(code, 0, stdout)
  }
  await both('journal.vkeys', identity.journalKey)
  const file = await bundle(kept[0] ?? { vault, id: '' }, 'old-key.zip')
  const former = await converse(['verify', file, '--anchors', anchors])
  t.not(former.code, 0, 'the former key vouches for nothing that came after it')
})

await t.test('each step is journalled, and says who was there by number alone', async (t) => {
  const { rows } = await database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces ORDER BY seq`,
  )
  const traces = rows.map(({ bytes }) => parseTrace(bytes))
  const declared = traces.filter(({ act }) => act === 'signing-keys-declared')
  t.equal(declared.length, 1)
  t.match(declared[0]?.data, { after: report['after'], shares: [3, 1] })
  t.equal(traces.filter(({ act }) => act === 'epoch-key-recovered').length, 2)
})

await t.test('checkpoints by the former key end where the new one begins', async (t) => {
  await world.stop()
  const old = await database.query<{ note: string }>(
    `SELECT note FROM journal.checkpoints WHERE size <= $1 ORDER BY size DESC LIMIT 1`,
    [report['after']],
  )
  const key = (note: string | undefined) => /\n— \S+ (\S{6})/.exec(note ?? '')?.[1]
  const newer = await database.query<{ note: string }>(
    `SELECT note FROM journal.checkpoints WHERE size > $1 ORDER BY size LIMIT 1`,
    [report['after']],
  )
  t.not(key(old.rows[0]?.note), key(newer.rows[0]?.note))
})

await t.test(
  'the same holders recover it once more, into an HSM',
  { skip: noSoftHsm },
  async (t) => {
    await mkdir(join(home, 'hsm'))
    const hsm = await SoftHsm.create(join(home, 'hsm'))
    const inHsm = { ...world.settings, keys: hsm.settings }
    await rm(join(home, 'new-keys'), { recursive: true })
    await writeFile(newSettings, JSON.stringify(inHsm), { mode: 0o600 })
    t.match(await recover(sheet(3), sheet(2)), { recovered: 3, lost: [] })
    await world.restart({ settings: inHsm })
    t.equal(world.box.keys.name, 'pkcs11')
    await deposit(vault, 'in the HSM')
    for (const { vault, id, content } of kept) {
      const read = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
      t.equal(await read.text(), content)
    }
    const { code, stdout } = await converse(['box', 'fsck', '--settings', newSettings])
    t.equal(code, 0, stdout)
    await world.stop()
  },
)

await t.test(
  'and from a TPM that is destroyed into the one of another machine',
  { skip: missingTpmSoftware() ?? false },
  async (t) => {
    const tpms = new Map<string, SoftwareTpm>()
    const machine = async (name: string) => {
      const tpm = new SoftwareTpm(join(home, name, 'tpm'))
      await tpm.start()
      t.teardown(() => tpm.stop())
      tpms.set(name, tpm)
      return { provider: 'tpm2', folder: join(home, name, 'keys'), tcti: tpm.tcti }
    }
    const onto = async (name: string, keys: ApplianceSettings['keys']) => {
      const moved = { ...world.settings, keys }
      await writeFile(newSettings, JSON.stringify(moved), { mode: 0o600 })
      t.match(await recover(sheet(1), sheet(3)), { recovered: 3, lost: [] }, name)
      await world.restart({ settings: moved })
      t.equal(world.box.keys.name, 'tpm2')
      await deposit(vault, `on ${name}`)
      for (const { vault, id, content } of kept) {
        const read = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
        t.equal(await read.text(), content, name)
        const checks = `/vaults/${vault}/objects/${id}/integrity-checks`
        t.match(await (await world.call('POST', checks, { token })).json(), { intact: true })
      }
      const { code, stdout } = await converse(['box', 'fsck', '--settings', newSettings])
      t.equal(code, 0, stdout)
      await world.stop()
    }
    await onto('machine A', await machine('a'))

    // With its machine the TPM is gone; what it enclosed and signed with lies in the backup, for nobody.
    await tpms.get('a')?.stop()
    await rm(join(home, 'a', 'tpm'), { recursive: true })
    const keys = await machine('b')
    const before = { ...world.settings, keys: { ...keys, folder: join(home, 'a', 'keys') } }
    await writeFile(newSettings, JSON.stringify(before), { mode: 0o600 })
    await t.rejects(world.restart({ settings: before }), { message: /made in another TPM/ })
    await t.rejects(recover(sheet(1), sheet(3)), { message: /made in another TPM/ })
    await onto('machine B', keys)
  },
)
