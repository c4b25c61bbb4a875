import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { exportFromBox } from '../../agent/src/command-line/export.ts'
import type { Agent } from '../../agent/src/agent.ts'
import { importFiles } from '../../supervisor/src/commands/import.ts'
import { BOX_ID, followedBox, type FollowedBox } from './followed-box.ts'

const ALTER = (seq: number) =>
  `UPDATE journal.traces SET bytes = overlay(bytes placing 'W'::bytea from 40) WHERE seq = ${seq}`

/** Ships while time passes, for what waits on the clock. */
async function ship({ agent, centre }: FollowedBox, by: Agent = agent) {
  const passing = setInterval(() => centre.clock.advance(100), 10)
  try {
    return await by.ship()
  } finally {
    clearInterval(passing)
  }
}

await t.test('everything signed comes to the centre, and its vouchers back', async (t) => {
  const followed = await followedBox(t)
  const { box, appliance, centre, agent } = followed
  await box.append(700)
  await box.append(700)
  t.match(await ship(followed), { shippedTo: 1400, receiptSize: 1400, segments: 2, findings: [] })
  await box.append(3)
  t.match(await ship(followed), { shippedTo: 1403, receiptSize: 1403, findings: [] }, 'challenged')
  t.equal(appliance.receipts.length, 2)
  t.equal(appliance.cosigned.length, 2)
  t.match(await agent.status(), { witnessed: { size: 1403 }, findingCount: 0 })
  t.strictSame(await centre.kinds(BOX_ID), [])
  t.equal((await centre.api('GET', `/boxes/${BOX_ID}`)).status, 200)
})

await t.test('a box that can prove no deposits tells the centre, until it can', async (t) => {
  const { appliance, centre, head, box } = await followedBox(t)
  await box.append(3)
  appliance.depositsStoppedBecause = 'the archive key does not sign'
  await head()
  const [finding] = await centre.findings(BOX_ID)
  t.match(finding, { kind: 'deposits-stopped', found: appliance.depositsStoppedBecause })
  appliance.depositsStoppedBecause = null
  await head()
  t.ok((await centre.findings(BOX_ID))[0]?.resolvedAt)
})

await t.test('altered before it was shipped, or after', async (t) => {
  const followed = await followedBox(t)
  const { box, centre } = followed
  await box.append(20)
  await box.append(20)
  await ship(followed)
  await box.append(20)
  await box.database.query(ALTER(45))
  t.match(await ship(followed), {
    shippedTo: 40,
    findings: [{ kind: 'altered-trace', seq: 45 }],
  })
  await box.database.query(ALTER(7))
  const { findings } = await ship(followed)
  t.ok(findings.some(({ kind, seq }) => kind === 'altered-trace' && seq === 7))
  const kinds = new Set(await centre.kinds(BOX_ID))
  t.strictSame([...kinds], ['altered-trace'], 'altered bytes are no second history')
})

await t.test('a trace deleted in the middle', async (t) => {
  const followed = await followedBox(t)
  const { box, centre } = followed
  await box.append(10)
  await box.append(20)
  await box.database.query('DELETE FROM journal.traces WHERE seq = 17')
  t.match((await ship(followed)).findings[0], { kind: 'gap', seq: 17 })
  t.match(await centre.kinds(BOX_ID), ['gap'])
})

await t.test('the newest traces deleted', async (t) => {
  const followed = await followedBox(t)
  const { box, centre } = followed
  await box.append(10)
  await ship(followed)
  await box.append(10)
  await box.database.query('DELETE FROM journal.traces WHERE seq >= 15')
  const some = await ship(followed)
  t.ok(some.findings.some(({ kind, seq }) => kind === 'truncated' && seq === 15))
  await box.database.query('DELETE FROM journal.traces WHERE seq >= 10')
  const all = await ship(followed)
  t.ok(all.findings.some(({ kind, seq }) => kind === 'truncated' && seq === 10))
  await box.database.query('DELETE FROM journal.checkpoints WHERE size > 10')
  const checkpoints = await ship(followed)
  t.ok(checkpoints.findings.some(({ kind }) => kind === 'truncated'))
  t.ok((await centre.kinds(BOX_ID)).every((kind) => kind === 'truncated'))
})

/** What root can do to the end of a journal whose head was witnessed, and what the box then does, in every order. */
const deletions: Record<string, string[]> = {
  'traces alone': [],
  'with their checkpoints': ['DELETE FROM journal.checkpoints WHERE size > 6 AND size <= 20'],
  'with their checkpoints and nodes': [
    'DELETE FROM journal.checkpoints WHERE size > 6 AND size <= 20',
    'DELETE FROM journal.interior_nodes',
  ],
}
for (const [what, more] of Object.entries(deletions))
  for (const from of [6, 10, 12])
    for (const head of ['no head', 'a head'])
      await t.test(
        `the newest from ${from} deleted, ${what}; the box goes on; ${head}`,
        async (t) => {
          const followed = await followedBox(t)
          const { box, centre } = followed
          await box.append(10)
          await ship(followed)
          await box.append(5)
          await followed.head()
          const seen = await centre.api('GET', `/boxes/${BOX_ID}`)
          t.match(seen.body, { lastHead: { size: 15 } })
          await box.append(5)
          await box.database.query(`DELETE FROM journal.traces WHERE seq >= ${from}`)
          // a checkpoint that was under way is stored by a transaction that has not seen the deletion
          await box.append(3)
          for (const statement of more) await box.database.query(statement)
          await box.append(3)
          if (head === 'a head') await followed.head().catch(() => undefined)
          const { findings } = await ship(followed)
          t.ok(
            findings.some(({ kind, seq }) => kind === 'truncated' && seq === from),
            JSON.stringify(findings.map(({ kind, seq }) => [kind, seq])),
          )
          const kinds = await centre.kinds(BOX_ID)
          t.ok(kinds.includes('truncated'), kinds.join())
        },
      )

await t.test('a stretch deleted in the middle of what was shipped is no deleted end', async (t) => {
  const followed = await followedBox(t)
  const { box, centre } = followed
  await box.append(10)
  await ship(followed)
  await box.append(10)
  await ship(followed)
  await box.database.query('DELETE FROM journal.traces WHERE seq >= 7 AND seq < 10')
  await box.append(2)
  await ship(followed)
  t.notOk((await centre.kinds(BOX_ID)).includes('truncated'))
})

await t.test('an older copy of the whole database', async (t) => {
  const followed = await followedBox(t)
  const { box, centre } = followed
  await box.append(10)
  await box.append(10)
  await ship(followed)
  await box.database.query('DELETE FROM journal.traces WHERE seq >= 10')
  await box.database.query('DELETE FROM journal.checkpoints WHERE size > 10')
  await box.database.query('UPDATE journal.state SET size = 10')
  t.ok((await ship(followed)).findings.some(({ kind }) => kind === 'rollback'))
  t.ok((await centre.kinds(BOX_ID)).includes('rollback'))
})

await t.test('by file, there and back', async (t) => {
  const followed = await followedBox(t)
  const { box, centre, settings, agent, appliance } = followed
  await box.append(700)
  await box.append(700)
  const stick = join(settings.home, 'stick')
  await exportFromBox(settings, stick, undefined)
  const settingsFile = join(settings.home, 'supervisor.json')
  await writeFile(settingsFile, JSON.stringify(centre.settings))
  const segments = (await readdir(stick)).filter((name) => name.endsWith('.segment'))
  const code = await importFiles(
    settingsFile,
    segments.map((name) => join(stick, name)),
    true,
  )
  t.equal(code, 0)
  const newest = (await readdir(stick)).filter((name) => name.endsWith('.receipt')).at(-1) ?? ''
  const receipt = await readFile(join(stick, newest), 'utf8')
  t.strictSame(await agent.takeReceipt(receipt), { receiptSize: 1400 })
  t.strictSame(appliance.receipts, [receipt])
  t.match(await exportFromBox(settings, stick, undefined), { from: 1400, to: 1400, files: [] })
  await t.rejects(agent.takeReceipt('nothing of the kind'), { code: 'unusable-file' })
  await t.rejects(agent.takeReceipt(receipt.replace('\n1400\n', '\n1399\n')), {
    code: 'centre-misbehaved',
  })
  t.match(await ship(followed), { shippedTo: 1400, traces: 0, findings: [] }, 'nothing is left')
})
