import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createPool } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import t from 'tap'
import { writeSettings } from './support/settings.ts'
import { IdentityShape, read } from './support/shapes.ts'

const entry = join(import.meta.dirname, '../src/initialise.ts')

const folder = await mkdtemp(join(tmpdir(), 'probant-initialise-'))
const db = await testDatabase({ name: 'centre', roles: ['centre_service'] })
const database = createPool({ ...db.superuser, max: 4 })
t.setTimeout(120_000)
t.teardown(async () => {
  await database.close()
  await db.drop()
  await rm(folder, { recursive: true, force: true })
})
const home = join(folder, 'home')
const keys = join(folder, 'keys')
const settings = await writeSettings(folder, db, { http: 1, administration: 2, ssh: 3, mail: 4 })

type Condition = () => boolean | Promise<boolean>

/** Initialises, and kills it as soon as something is so. */
async function cutWhen(holds: Condition): Promise<void> {
  const child = spawn(process.execPath, [entry, '--settings', settings], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  while (child.exitCode === null && !(await holds())) await delay(1)
  child.kill('SIGKILL')
  await ended
}

/** Every key file that a whole run makes, as far as it is there. */
async function keyFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  const hostKey = join(home, 'ssh-host-key')
  if (existsSync(hostKey)) files.set(hostKey, await readFile(hostKey, 'utf8'))
  for (const file of (await readdir(keys).catch(() => [])).filter((each) => !each.startsWith('.')))
    files.set(file, await readFile(join(keys, file), 'utf8'))
  return files
}

async function number(sql: string): Promise<number> {
  const { rows } = await database.query<{ n: number }>(sql)
  return rows[0]?.n ?? 0
}
const isThere = (table: string) =>
  number(`SELECT (to_regclass('${table}') IS NOT NULL)::int AS n`).then((n) => n === 1)
const keyIsThere = (label: string) => () => existsSync(join(keys, `${label}.key.json`))

/** Waits until a run hangs at the lock that the test holds. */
const isBlocked = async () =>
  (await number(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE usename = 'centre_service' AND wait_event_type = 'Lock'`,
  )) > 0

const steps: [string, Condition][] = [
  ['the host key', () => existsSync(join(home, 'ssh-host-key'))],
  ['the first key', keyIsThere('witness-ed25519')],
  ['the second key', keyIsThere('witness-ml-dsa-44')],
  ['the third key', keyIsThere('audit-receipt')],
  ['the last key', keyIsThere('alert-journal')],
  ['the first tables', () => isThere('centre.tenants')],
  ['the last tables', () => isThere('centre.operators')],
]

void t.test('an initialisation that is killed between steps is resumed', async (t) => {
  let known = new Map<string, string>()
  const kept = async (step: string) => {
    const files = await keyFiles()
    for (const [file, bytes] of known) t.equal(files.get(file), bytes, `${step}: ${file} is kept`)
    known = files
  }
  for (const [step, holds] of steps) {
    await cutWhen(holds)
    await kept(step)
  }
  t.equal(known.size, 7)

  const blocker = await database.pool.connect()
  await blocker.query('BEGIN')
  await blocker.query('LOCK TABLE centre.alert_traces IN ACCESS EXCLUSIVE MODE')
  await cutWhen(isBlocked)
  await blocker.query('ROLLBACK')
  blocker.release()
  t.equal(await number('SELECT count(*)::int AS n FROM centre.operators'), 0, 'all or nothing')
  await kept('within the transaction')

  await cutWhen(async () => (await number('SELECT count(*)::int AS n FROM centre.operators')) === 1)
  await kept('after the transaction')

  const run = promisify(execFile)
  const whole = async () =>
    read(
      IdentityShape,
      JSON.parse((await run(process.execPath, [entry, '--settings', settings])).stdout),
    )
  const { supervisionToken, operator, ...identity } = await whole()
  await kept('the whole run')
  const { supervisionToken: another, operator: first, ...same } = await whole()
  t.same(same, identity, 'and it may be run again')
  t.not(another, supervisionToken)
  t.not(first.password, operator.password)
  t.equal(await number('SELECT count(*)::int AS n FROM centre.operators'), 1)
  t.equal(await number('SELECT count(*)::int AS n FROM centre.alert_traces'), 1, 'opened once')
})
