import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseCheckpoint, parseNote } from '@probant/evidence'
import { createLogger, systemRandomness } from '@probant/host'
import { createPool } from '@probant/postgres'
import t, { type Test } from 'tap'
import { startCentre, type Centre } from '../../supervisor/src/centre.ts'
import { keepHeadLog } from '../../supervisor/src/head-log/keeper.ts'
import type { Followed, TestCentre } from '../../supervisor/test/support/centre.ts'
import { followedBox, type FollowedBox } from './followed-box.ts'

const MINUTE_MS = 60_000

/** The box meets the centre as it does every minute, with an agent that was just started. */
async function meet({ centre, supervised }: FollowedBox, port = centre.centre.ports.ssh) {
  const { supervised: opened, findings, memory } = await supervised(port)
  centre.clock.advance(MINUTE_MS)
  await opened.sendHead()
  return { opened, findings, memory, kinds: findings.all().map(({ kind }) => kind) }
}

/** As the loop does, every two seconds. */
const placed = (centre: Centre) => keepHeadLog(centre.context)

/** Copies the centre's whole database while it is stopped. */
async function copyDatabase(t: Test, centre: TestCentre, name: string): Promise<string> {
  const { database } = centre.settings.database
  const copy = `${database}_${name}`
  const superuser = { ...centre.superuser, database: 'postgres' }
  await centre.restart(0, async () => {
    const elsewhere = createPool({ ...superuser, max: 1 })
    await elsewhere.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1',
      [database],
    )
    await elsewhere.query(`CREATE DATABASE "${copy}" TEMPLATE "${database}"`)
    await elsewhere.close()
  })
  t.teardown(async () => {
    const elsewhere = createPool({ ...superuser, max: 1 })
    await elsewhere.query(`DROP DATABASE IF EXISTS "${copy}" WITH (FORCE)`)
    await elsewhere.close()
  })
  return copy
}

/** The same centre, with the same keys, on another database. */
async function another(t: Test, centre: TestCentre, database: string): Promise<Centre> {
  const settings = structuredClone(centre.settings)
  settings.database.database = database
  const logger = createLogger({ component: 'supervisor', level: 'silent' })
  const world = { clock: centre.clock, randomness: systemRandomness, logger }
  const started = await startCentre(settings, world, (error) => t.fail(String(error)))
  t.teardown(() => started.stop())
  return started
}

/** What another client's agent exports: the log as it was shown to it. */
async function exported(centre: TestCentre, followed: Followed): Promise<string> {
  const agent = await centre.connect(followed)
  await agent.channel.sendMessage('log', { size: 0, heads: [] })
  const { note } = await agent.read('log-answer')
  await agent.bye()
  return note ?? ''
}

void t.test('an honest centre: the log grows, and shows every head of the box', async (t) => {
  const followed = await followedBox(t)
  const { box, centre, appliance } = followed
  for (let minute = 0; minute < 4; minute++) {
    await box.append(2)
    const { memory } = await meet(followed)
    await placed(centre.centre)
    if (minute > 1)
      t.match(memory.state.log?.pending, [{ size: box.size }], 'the one just cosigned')
  }
  await centre.restart()
  const { memory, kinds } = await meet(followed)
  t.strictSame(kinds, [])
  t.equal(parseCheckpoint(parseNote(memory.state.log?.note ?? '').text).size, 4)
  centre.clock.advance(60 * MINUTE_MS)
  const later = await meet(followed)
  t.strictSame([later.kinds, appliance.findings], [[], []], 'nor when nothing is new')
  const own = later.memory.state.log?.note ?? ''
  const other = await centre.follow('east')
  other.box.acts(3)
  await centre.head(other)
  await placed(centre.centre)
  t.match(await later.opened.compareLog(await exported(centre, other)), { result: 'consistent' })
  t.match(await later.opened.compareLog(own), { result: 'consistent' })
  await t.rejects(later.opened.compareLog(own.replace('\n4\n', '\n5\n')), { code: 'unusable-file' })
  await t.rejects(later.opened.compareLog('anything'), { code: 'unusable-file' })
})

void t.test(
  'the centre’s database is put back a day: found, kept, and accepted by command',
  async (t) => {
    const followed = await followedBox(t)
    const { box, centre, appliance, settings } = followed
    for (let minute = 0; minute < 3; minute++) {
      await box.append(2)
      await meet(followed)
      await placed(centre.centre)
    }
    const yesterday = await copyDatabase(t, centre, 'yesterday')
    for (let minute = 0; minute < 3; minute++) {
      await box.append(2)
      await meet(followed)
      await placed(centre.centre)
    }
    t.strictSame((await meet(followed)).kinds, [])
    const restored = await another(t, centre, yesterday)
    const found = await meet(followed, restored.ports.ssh)
    t.match(found.findings.all(), [
      { kind: 'supervisor-rollback', expected: 'cosigned size 12 or more' },
      {
        kind: 'supervisor-rollback',
        expected: 'a log of cosigned heads with its 6 entries or more',
      },
    ])
    t.equal(appliance.findings.length, 2, 'journalled')
    const evidence = (await readdir(join(settings.home, 'findings'))).filter((name) =>
      name.endsWith('.note'),
    )
    t.equal(evidence.length, 4, 'both sides, as the centre signed them')

    // It grows beyond what it was: two signed heads of one log that no proof joins.
    for (let minute = 0; minute < 5; minute++) {
      await box.append(2)
      await placed(restored)
      await meet(followed, restored.ports.ssh)
    }
    const grown = await meet(followed, restored.ports.ssh)
    const kinds = new Set(grown.kinds)
    t.same(kinds, new Set(['supervisor-rollback', 'supervisor-equivocation']))
    const before = grown.kinds.length
    await placed(restored)
    t.equal((await meet(followed, restored.ports.ssh)).kinds.length, before, 'told once')

    appliance.status = 503
    const refused = (await followed.supervised(restored.ports.ssh)).supervised
    await t.rejects(refused.acceptRestore('restored by the operator'), {
      code: 'appliance-unreachable',
    })
    appliance.status = undefined
    t.equal(
      (await meet(followed, restored.ports.ssh)).kinds.length,
      before,
      'journalled, or not accepted',
    )
    const { supervised } = await followed.supervised(restored.ports.ssh)
    await supervised.acceptRestore('restored by the operator')
    t.match(appliance.acceptedRestores, [{ former: { log: 6 }, now: { witnessed: 22 } }])
    t.strictSame((await meet(followed, restored.ports.ssh)).kinds, [])
    await box.append(2)
    await meet(followed, restored.ports.ssh)
    await placed(restored)
    centre.clock.advance(20 * MINUTE_MS)
    t.strictSame((await meet(followed, restored.ports.ssh)).kinds, [])
    const kept = await readdir(settings.home)
    const [accepted = ''] = kept.filter((name) => name.startsWith('accepted-'))
    t.match(await readFile(join(settings.home, accepted), 'utf8'), 'restored by the operator')
    const settled = await readdir(join(settings.home, 'findings', 'settled'))
    t.ok(settled.filter((name) => name.endsWith('.note')).length >= 6, 'evidence stays')
  },
)

void t.test('a centre that shows two clients two logs: two that compare see it', async (t) => {
  const followed = await followedBox(t)
  const { box, centre } = followed
  const other = await centre.follow('east')
  await box.append(2)
  await meet(followed)
  await placed(centre.centre)
  const copy = await copyDatabase(t, centre, 'split')
  const split = await another(t, centre, copy)
  // To this box one log, to the other client another; each alone is consistent.
  await box.append(2)
  await meet(followed, split.ports.ssh)
  await placed(split)
  other.box.acts(2)
  await centre.head(other)
  await placed(centre.centre)
  const theirs = await exported(centre, other)
  const mine = await meet(followed, split.ports.ssh)
  t.strictSame(mine.kinds, [])
  const compared = await mine.opened.compareLog(theirs)
  t.match(compared, { result: 'split-view', other: theirs })
  t.equal(parseCheckpoint(parseNote(compared.own).text).size, 2, 'of one size, both signed')
  t.strictSame(
    mine.findings.all().map(({ kind }) => kind),
    ['supervisor-equivocation'],
  )
  await box.append(2)
  await meet(followed, split.ports.ssh)
  await placed(split)
  const { opened } = await meet(followed, split.ports.ssh)
  t.match(await opened.compareLog(theirs), { result: 'not-shown', other: theirs }, 'grown since')
  const { supervised, findings } = await followed.supervised(centre.centre.ports.ssh)
  t.match(
    await supervised.compareLog(theirs),
    { result: 'not-shown' },
    'a centre that changes sides',
  )
  t.ok(findings.all().some(({ kind }) => kind === 'supervisor-rollback'))
})

void t.test('a head that was cosigned and is kept out of the log', async (t) => {
  const followed = await followedBox(t)
  const { box, centre, appliance } = followed
  await box.append(2)
  await meet(followed)
  await placed(centre.centre)
  await meet(followed)
  const { wake } = centre.centre.context
  centre.centre.context.wake = () => undefined
  await box.append(2)
  await meet(followed)
  await centre.database.query('DELETE FROM centre.head_log_queue')
  centre.centre.context.wake = wake
  t.strictSame((await meet(followed)).kinds, [], 'not yet: it may be on its way')
  centre.clock.advance(10 * MINUTE_MS)
  const { findings } = await meet(followed)
  t.match(findings.all(), [
    { kind: 'supervisor-equivocation', expected: /^the head of size 4, cosigned at \d+/ },
  ])
  t.equal(appliance.findings.length, 1)
})
