import { encloseForRecovery, encloseVaultKey } from '@probant/keys'
import { createPool, migrate } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { recoverBox } from '../../src/commands/recover.ts'
import { serveConsole } from '../../src/console/server.ts'
import { boxSettings, createWorld, form, staff, type World } from '../world.ts'
import { carry } from './carried.ts'
import { converse, heldCeremony } from './console.ts'

// Boxes of versions before: their tables, vault keys under the hardware root itself, no epochs.

const migrations = new URL('../../migrations', import.meta.url).pathname
const FIRST = ['0001_journal.sql', '0002_vaults.sql']

/** A stopped box with one document, in the tables of these migrations, as the version of then left it. */
async function earlierBox(t: Test, files: readonly string[], ceremony?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'probant-migrations-'))
  for (const name of files) await cp(join(migrations, name), join(folder, name))
  const before = await testDatabase({
    name: 'box',
    owner: 'box_owner',
    roles: ['box_service', 'box_journal_reader'],
    migrations: folder,
  })
  const world = await createWorld()
  t.teardown(async () => {
    await world.close()
    await before.drop()
    await rm(folder, { recursive: true })
  })
  const { vault, token } = await staff(world)
  const deposited = await world.call('POST', `/vaults/${vault}/objects`, {
    token,
    body: form('from before'),
  })
  const { id } = (await deposited.json()) as { id: string }
  if (ceremony !== undefined) {
    const console = await serveConsole(world.box)
    const file = join(world.settings.home, 'settings.json')
    await heldCeremony(file, ceremony, { shares: 2, threshold: 2 })
    await console.close()
  }
  const keys = await asBefore(world, vault)
  await world.stop()
  await rm(join(world.settings.home, 'recovery'), { recursive: true, force: true })
  await asMembers(world)
  const tables = await carry(world.database.superuser, before.superuser)
  const database = createPool({ ...before.superuser, max: 1 })
  await database.query(`UPDATE vault.vaults SET key_enclosed = $1`, [Buffer.from(keys.enclosed)])
  if (keys.copy !== undefined)
    await database.query(`UPDATE vault.vaults SET recovery_copy = $1`, [Buffer.from(keys.copy)])
  await database.close()
  const settings = boxSettings(world.settings.home, before.connection)
  const read = async () => {
    const answer = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
    return answer.text()
  }
  return { world, before, settings, tables, read }
}

/** Rights in vaults as boxes kept them: of users alone, without dates. */
async function asMembers({ database: { superuser } }: World) {
  const database = createPool({ ...superuser, max: 1 })
  await database.query(
    `CREATE VIEW vault.members AS SELECT vault_id, user_id, rights FROM vault.grants WHERE user_id IS NOT NULL`,
  )
  await database.close()
}

/** The vault's key as boxes kept it: under the root itself and, after a ceremony, with a copy of its own. */
async function asBefore({ box, settings }: World, vault: string) {
  const root = await box.keys.find('vaults')
  const stored = await box.lookups.vault(vault)
  if (root === undefined || stored === undefined) throw new Error('no vault')
  const place = { boxId: settings.boxId, vault }
  const key = await box.ciphers.openKey(vault, stored.key)
  const to = box.recovery.key?.publicKey
  return {
    enclosed: await encloseVaultKey(box.keys, root, key, place),
    copy: to && encloseForRecovery(to, key, place),
  }
}

async function sound(t: Test, { settings, world, read }: Awaited<ReturnType<typeof earlierBox>>) {
  await world.restart({ settings })
  t.equal(await read(), 'from before')
  while ((await world.box.rotation.standing()).vaultsBehind > 0)
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(await read(), 'from before', 'under the first epoch too')
  const file = join(world.settings.home, 'before.json')
  await writeFile(file, JSON.stringify(settings), { mode: 0o600 })
  const { code, stdout } = await converse(['box', 'fsck', '--settings', file])
  t.equal(code, 0, stdout)
  const { rows } = await world.box.database.query(
    `SELECT FROM vault.vaults WHERE key_epoch = 0 OR recovery_copy IS NOT NULL`,
  )
  t.equal(rows.length, 0, 'no key is under the root itself, or has a copy in the database')
}

await t.test(
  'a folder and database of the first version open, migrate and are sound',
  async (t) => {
    const earlier = await earlierBox(t, FIRST)
    t.equal(earlier.tables, 15)
    const applied = await migrate({ ...earlier.before.connection, folder: migrations })
    t.equal(applied[0], '0003_recovery')
    await sound(t, earlier)
  },
)

const LATER = [...FIRST, '0003_recovery.sql', '0004_seal-certificates.sql']

await t.test('so do those of a box with a ceremony and without epochs', async (t) => {
  const earlier = await earlierBox(t, LATER, join(t.testdir(), 'sheets'))
  const applied = await migrate({ ...earlier.before.connection, folder: migrations })
  t.equal(applied[0], '0005_key-epochs')
  await sound(t, earlier)
  t.same(await earlier.world.box.recovery.count(), { vaults: 1, copied: 1 })
})

await t.test('its holders recover it on new hardware, from the copies of then', async (t) => {
  const sheets = join(t.testdir(), 'sheets')
  const earlier = await earlierBox(t, LATER, sheets)
  const { home } = earlier.settings
  await rm(join(home, 'keys'), { recursive: true })
  const file = join(home, 'before.json')
  await writeFile(file, JSON.stringify(earlier.settings), { mode: 0o600 })
  const share = [1, 2].map((number) => join(sheets, `share-${number}-of-2.txt`))
  const report = await recoverBox({ settings: file, language: 'en', share })
  t.match(report, { recovered: 1, lost: [] })
  await sound(t, earlier)
})
