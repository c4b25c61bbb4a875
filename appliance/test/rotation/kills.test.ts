import { createPool, type Database } from '@probant/postgres'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Kill } from '../kill/plan.ts'
import { Inspection } from '../kill/inspection.ts'
import { startProcess } from '../kill/process.ts'
import { consoleOf } from '../../src/console/call.ts'
import { consoleSocket } from '../../src/console/socket.ts'
import { converse } from '../recovery/console.ts'
import { createWorld, form, staff } from '../world.ts'

// The service is ended by SIGKILL again and again while it rotates everything, each time further on, and goes on at its next start.

t.setTimeout(300_000)

const world = await createWorld()
const { home } = world.settings
const settingsFile = join(home, 'settings.json')
const { vault, token } = await staff(world)
const kept: string[] = []
await Promise.all(
  Array.from({ length: 25 }, async (_, lane) => {
    for (let n = 0; n < 14; n += 1) {
      const body = form(`document ${lane} ${n}`)
      const answer = await world.call('POST', `/vaults/${vault}/objects`, { token, body })
      kept.push(((await answer.json()) as { id: string }).id)
    }
  }),
)
await world.stop()
const inspection = new Inspection(world)
const database = createPool({ ...world.database.superuser, max: 2 })
const holding = createPool({ ...world.database.superuser, max: 2 })
t.teardown(async () => {
  await inspection.close()
  await database.close()
  await holding.close()
  await world.close()
})

/** Where it is to be killed: what to hold up, if anything, and how to see that it got there. */
interface Point {
  readonly name: string
  /** Locks what the next step changes. */
  readonly hold?: string
  /** Where the process ends itself. */
  readonly kill?: Kill
  readonly reached: string
}

const destruction = (moment: 'before' | 'after'): Kill => ({
  step: 'key-destruction',
  moment,
  call: 1,
  counts: 'from the start',
  delayMs: 0,
})
const objectsAt = (generation: number) =>
  `(SELECT count(*) FROM vault.objects WHERE key_generation = ${generation})`
const waits = `EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`

const points: readonly Point[] = [
  { name: 'the epoch began', reached: `(SELECT count(*) FROM vault.key_epochs) = 2` },
  {
    name: 'a vault has its next key, and nothing is enclosed anew',
    hold: `SELECT FROM vault.objects ORDER BY deposit_seq LIMIT 1 FOR UPDATE`,
    reached: `EXISTS (SELECT FROM vault.former_vault_keys) AND ${waits}`,
  },
  {
    name: 'two batches are enclosed anew, the third is under way',
    hold: `SELECT FROM vault.objects WHERE deposit_seq =
      (SELECT deposit_seq FROM vault.objects ORDER BY deposit_seq OFFSET 250 LIMIT 1) FOR UPDATE`,
    reached: `${objectsAt(2)} = 200 AND ${waits}`,
  },
  {
    name: 'all is enclosed anew, the former key is there',
    hold: `SELECT FROM vault.former_vault_keys FOR UPDATE`,
    reached: `${objectsAt(2)} = 350 AND ${waits}`,
  },
  {
    name: 'the former epoch is not closed yet',
    hold: `SELECT FROM vault.key_epochs WHERE number = 1 FOR UPDATE`,
    reached: `NOT EXISTS (SELECT FROM vault.former_vault_keys) AND ${waits}`,
  },
  {
    name: 'it is closed, its hardware key about to be destroyed',
    kill: destruction('before'),
    reached: `EXISTS (SELECT FROM vault.key_epochs WHERE closed)`,
  },
  {
    name: 'its hardware key is destroyed, which no trace says',
    kill: destruction('after'),
    reached: `EXISTS (SELECT FROM vault.key_epochs WHERE closed AND ended_at IS NULL)`,
  },
]

async function isTrue(condition: string): Promise<boolean> {
  const { rows } = await database.query<{ is: boolean }>(`SELECT ${condition} AS is`)
  return rows[0]?.is === true
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries += 1) {
    if (tries > 3000) throw new Error(`never: ${what}`)
    await delay(10)
  }
}

/** Holds the rows until it is called. */
async function held(pool: Database, statement: string): Promise<() => Promise<void>> {
  let release: () => void = () => undefined
  let isHeld = false
  const released = new Promise<void>((resolve) => (release = resolve))
  const holdingOn = pool.transaction(async (client) => {
    await client.query(statement)
    isHeld = true
    await released
  })
  await until('a lock', () => Promise.resolve(isHeld))
  return async () => {
    release()
    await holdingOn
  }
}

const start = (kill?: Kill) =>
  startProcess({ settingsFile, logFile: join(home, 'service.log'), kill })

await t.test('killed at each point, it goes on, and nothing is lost', async (t) => {
  let service = await start()
  t.teardown(() => {
    service.kill()
  })
  const console = consoleOf(consoleSocket(world.settings), 'en')
  for (const [at, { name, hold, kill, reached }] of points.entries()) {
    const release = hold === undefined ? undefined : await held(holding, hold)
    if (at === 0) await console('POST', '/rotations', { level: 'all', now: true, operator: 'me' })
    else service = await start(kill)
    await until(name, () => isTrue(reached))
    if (kill === undefined) service.kill()
    t.match(await service.ended, { signal: 'SIGKILL' })
    await release?.()
    t.ok(await isTrue(reached.replace(` AND ${waits}`, '')), name)
    // A trace that no checkpoint covers yet is covered at the next start.
    const differences = await inspection.differences()
    t.same(
      differences.filter((each) => !each.includes('"truncated"')),
      [],
      name,
    )
  }
})

await t.test('the next start ends it', async (t) => {
  await world.restart()
  await until('its end', () =>
    isTrue(`EXISTS (SELECT FROM vault.key_epochs WHERE number = 1 AND ended_at IS NOT NULL)`),
  )
  t.same(
    (await readdir(join(home, 'keys'))).filter((name) => name.startsWith('vaults')),
    ['vaults-2.key.json'],
  )
  for (const [at, id] of kept.entries()) {
    if (at % 10 !== 0) continue
    const answer = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
    t.match(await answer.text(), /^document \d+ \d+$/)
  }
  const { rows } = await database.query<{ act: string }>(
    `SELECT act FROM journal.traces WHERE act LIKE 'key-epoch-%' OR act LIKE 'vault-key-rotation-%' ORDER BY seq`,
  )
  t.same(
    rows.map(({ act }) => act),
    [
      'key-epoch-begun',
      'key-epoch-begun',
      'vault-key-rotation-begun',
      'vault-key-rotation-ended',
      'key-epoch-ended',
    ],
    'each step is journalled once',
  )
  const { code, stdout } = await converse(['box', 'fsck', '--settings', settingsFile])
  t.equal(code, 0, stdout)
})
