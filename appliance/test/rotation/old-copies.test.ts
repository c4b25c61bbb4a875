import { openEpochKey, openSealedVaultKey, combineShares, parseShare } from '@probant/keys'
import { systemRandomness } from '@probant/host'
import { createPool } from '@probant/postgres'
import { testDatabase, type TestDatabase } from '@probant/postgres/testing'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { recoverBox } from '../../src/commands/recover.ts'
import { serveConsole } from '../../src/console/server.ts'
import { liveEpochs } from '../../src/store/key-epochs.ts'
import { VaultCiphers } from '../../src/store/vault-ciphers.ts'
import { allVaults, type Vault } from '../../src/store/vaults.ts'
import { carry } from '../recovery/carried.ts'
import { converse, heldCeremony } from '../recovery/console.ts'
import { boxSettings, createWorld, form, staff } from '../world.ts'

// What a kept copy of database and files opens: everything while its epoch lives, nothing when it ended, whoever joins in.

t.setTimeout(300_000)

const world = await createWorld()
const { home } = world.settings
const settingsFile = join(home, 'settings.json')
const sheets = join(home, 'sheets')
let console = await serveConsole(world.box)
const databases: TestDatabase[] = []
t.teardown(async () => {
  await console.close()
  await world.close()
  for (const each of databases) await each.drop()
})
const { vault, token } = await staff(world)
const held = await heldCeremony(settingsFile, sheets, { shares: 3, threshold: 2 })
if (held.code !== 0) throw new Error(held.said)
const share = [1, 3].map((number) => join(sheets, `share-${number}-of-3.txt`))

const kept = new Map<string, string>()
async function deposit(content: string): Promise<void> {
  const body = form(content)
  const answer = await world.call('POST', `/vaults/${vault}/objects`, { token, body })
  kept.set(((await answer.json()) as { id: string }).id, content)
}
for (let n = 0; n < 20; n += 1) await deposit(`document ${n}`)

async function rotate(...words: string[]) {
  const rotated = await converse(['box', 'rotate', ...words, '--settings', settingsFile, '--json'])
  return { ...rotated, standing: JSON.parse(rotated.stdout) as Record<string, unknown> }
}

/** The database as it is now: what a backup holds. */
async function backup(): Promise<TestDatabase> {
  const copy = await testDatabase({
    name: 'box',
    owner: 'box_owner',
    roles: ['box_service', 'box_journal_reader'],
    migrations: new URL('../../migrations', import.meta.url).pathname,
  })
  databases.push(copy)
  await carry(world.database.superuser, copy.superuser)
  return copy
}

/** Another machine: files and state of the box, without its keys, and whatever of `recovery/` is there now. */
async function otherMachine(name: string, copy: TestDatabase) {
  const folder = join(home, name)
  await mkdir(folder)
  for (const entry of await readdir(home))
    if (['store', 'recovery', 'timestamping', 'signed-head'].includes(entry))
      await cp(join(home, entry), join(folder, entry), { recursive: true })
  const settings = { ...boxSettings(folder, copy.connection), localSocket: join(folder, 's') }
  const file = join(folder, 'settings.json')
  await writeFile(file, JSON.stringify(settings), { mode: 0o600 })
  return { folder, file, settings }
}

async function vaultsOf(copy: TestDatabase): Promise<Vault[]> {
  const pool = createPool({ ...copy.superuser, max: 1 })
  const vaults: Vault[] = []
  for await (const each of allVaults(pool)) vaults.push(each)
  await pool.close()
  return vaults
}

const old = await backup()
// Recovering writes into it: what somebody kept is as it was.
const stolen = await backup()

await t.test('while its epoch lives, the holders recover from it', async (t) => {
  const { file } = await otherMachine('while-it-lives', old)
  const report = await recoverBox({ settings: file, language: 'en', share })
  t.match(report, { recovered: 1, lost: [] })
  const { code, stdout } = await converse(['box', 'fsck', '--settings', file])
  t.equal(code, 0, stdout)
})

await t.test('in mid-rotation, too: half is under a former key', async (t) => {
  const [id = ''] = [...kept.keys()]
  const pool = createPool({ ...world.database.superuser, max: 1 })
  const { rows } = await pool.query<{ bytes: Buffer }>(
    `SELECT data_key_enclosed AS bytes FROM vault.objects WHERE id = $1`,
    [id],
  )
  const put = (into: typeof pool, bytes?: Buffer) =>
    into.query(`UPDATE vault.objects SET data_key_enclosed = $2 WHERE id = $1`, [id, bytes])
  await put(pool, Buffer.alloc(93, 1))
  const { code, standing } = await rotate('all', '--now')
  t.equal(code, 1, 'one object keeps it from ending')
  t.match(standing, { epochs: [{ epoch: 1 }, { epoch: 2 }], vaultsBehind: 1, objectsBehind: 1 })
  const middle = await backup()
  const mending = createPool({ ...middle.superuser, max: 1 })
  await put(mending, rows[0]?.bytes)
  await put(pool, rows[0]?.bytes)
  await pool.close()
  const { file, folder } = await otherMachine('mid-rotation', middle)
  t.same(await readdir(join(folder, 'recovery')), ['epoch-1.copy', 'epoch-2.copy'])
  t.match(await recoverBox({ settings: file, language: 'en', share }), { recovered: 1, lost: [] })
  const fsck = await converse(['box', 'fsck', '--settings', file])
  t.equal(fsck.code, 0, fsck.stdout)
  const { rows: former } = await mending.query(`SELECT FROM vault.former_vault_keys`)
  t.equal(former.length, 1, 'it is the middle that was recovered')
  await mending.close()
})

await t.test('the box itself goes on at its next start, and the epoch ends', async (t) => {
  await console.close()
  await world.restart()
  console = await serveConsole(world.box)
  while ((await liveEpochs(world.box.database)).length > 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.same(await readdir(join(home, 'recovery')), ['epoch-2.copy'])
  const { code, stdout } = await converse(['box', 'fsck', '--settings', settingsFile])
  t.equal(code, 0, stdout)
})

await t.test('ended: the holders recover nothing from the old copy', async (t) => {
  const { file, folder } = await otherMachine('ended', stolen)
  // As old as the database: the box would otherwise refuse to go on from less than it signed.
  await rm(join(folder, 'signed-head'))
  const report = await recoverBox({ settings: file, language: 'en', share })
  t.match(report, { recovered: 0, lost: [{ vault, what: /no recovery copy .*epoch-1\.copy/ }] })
})

await t.test('nor does the box with its keys, nor box and holders together', async (t) => {
  const { boxId } = world.settings
  const pool = createPool({ ...stolen.superuser, max: 1 })
  const [epoch] = await liveEpochs(pool)
  await pool.close()
  const [old] = await vaultsOf(stolen)
  if (epoch?.keyEnclosed == null || old === undefined) throw new Error('an empty copy')
  const names = (await readdir(join(home, 'keys'))).map((name) => name.replace('.key.json', ''))
  t.ok(names.includes('vaults-2'))
  t.notOk(names.includes('vaults'), 'the root of the former epoch is gone')
  const altered = { code: 'altered' }
  for (const label of names) {
    const root = await world.box.keys.find(label)
    if (root?.kind !== 'wrapping-aes-256') continue
    for (const number of [1, 2])
      await t.rejects(
        openEpochKey(world.box.keys, root, epoch.keyEnclosed, { boxId, epoch: number }),
        altered,
      )
  }
  const texts = await Promise.all(share.map((path) => readFile(path)))
  const key = await combineShares(texts.map((text) => parseShare(text)))
  const copies = await readdir(join(home, 'recovery'))
  for (const name of copies) {
    const copy = await readFile(join(home, 'recovery', name))
    t.throws(() => key.open(copy, { boxId, epoch: 1 }), altered)
    const present = key.open(copy, { boxId, epoch: 2 })
    for (const number of [1, 2]) {
      const place = { boxId, vault, generation: old.key.generation, epoch: number }
      t.throws(() => openSealedVaultKey(present, old.key.enclosed, place), altered)
    }
  }
  const now = await world.box.lookups.vault(vault)
  if (now === undefined) throw new Error('no vault')
  // Of a process that has just started: the former key stays in the memory of the one that rotated for ten minutes.
  const { keys, database } = world.box
  const cipher = await new VaultCiphers(keys, database, boxId, systemRandomness).of(now)
  const oldObjects = createPool({ ...stolen.superuser, max: 1 })
  const { rows } = await oldObjects.query<{ id: string; bytes: Buffer }>(
    `SELECT id, data_key_enclosed AS bytes FROM vault.objects`,
  )
  await oldObjects.close()
  t.equal(rows.length, kept.size)
  for (const { id, bytes } of rows) t.throws(() => cipher.openDataKey(id, bytes), altered)
  await rm(join(home, 'ended'), { recursive: true })
})
