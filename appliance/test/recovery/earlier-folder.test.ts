import { createPool, migrate, type Connection } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { boxSettings, createWorld, form, staff } from '../world.ts'
import { converse } from './console.ts'

// A box of the version before: its tables, its vault keys without a recovery copy, its journal without kept public keys.

const migrations = new URL('../../migrations', import.meta.url).pathname

/** Fills the tables of an earlier database with the rows of a later one, as far as it has columns for them. */
async function carryBack(from: Connection, to: Connection): Promise<number> {
  const later = createPool({ ...from, max: 1 })
  const earlier = createPool({ ...to, max: 1 })
  const { rows: tables } = await earlier.query<{ name: string; columns: string }>(
    `SELECT format('%I.%I', c.table_schema, c.table_name) AS name,
            string_agg(quote_ident(c.column_name), ', ' ORDER BY c.ordinal_position) AS columns
     FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema IN ('journal', 'vault') AND t.table_type = 'BASE TABLE' GROUP BY 1`,
  )
  await earlier.transaction(async (client) => {
    await client.query(`SET LOCAL session_replication_role = replica`)
    for (const { name, columns } of tables) {
      const { rows } = await later.query<{ all: string }>(
        `SELECT coalesce(json_agg(r), '[]')::text AS all FROM (SELECT ${columns} FROM ${name}) r`,
      )
      await client.query(
        `INSERT INTO ${name} SELECT (json_populate_record(null::${name}, value)).* FROM json_array_elements($1)`,
        [rows[0]?.all],
      )
    }
  })
  await later.close()
  await earlier.close()
  return tables.length
}

await t.test(
  'a folder and database of the version before open, migrate and are sound',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'probant-migrations-'))
    for (const name of ['0001_journal.sql', '0002_vaults.sql'])
      await cp(join(migrations, name), join(folder, name))
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
    await world.stop()
    t.equal(await carryBack(world.database.superuser, before.superuser), 15)

    const applied = await migrate({ ...before.connection, folder: migrations })
    t.equal(applied[0], '0003_recovery')
    const settings = boxSettings(world.settings.home, before.connection)
    await world.restart({ settings })
    const read = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
    t.equal(await read.text(), 'from before')
    const file = join(world.settings.home, 'before.json')
    await writeFile(file, JSON.stringify(settings), { mode: 0o600 })
    const { code, stdout } = await converse(['box', 'fsck', '--settings', file])
    t.equal(code, 0, stdout)
  },
)
