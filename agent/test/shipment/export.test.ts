import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { decodeSegment, emptyJournalState, verifySegment } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { exportFromBox } from '../../src/command-line/export.ts'
import { ORIGIN } from '../fixtures/box.ts'
import { World } from '../fixtures/world.ts'

await t.test('an export verifies offline, from the first trace to the last', async (t) => {
  const world = await World.open(t)
  await world.box.append(700)
  await world.box.append(700)
  const folder = join(world.folder, 'stick')
  const report = await exportFromBox(world.settings(), folder, undefined)
  t.match(report, { from: 0, to: 1400, databaseSize: 1400, recomputation: { complete: true } })
  t.equal(report.files.length, 2)
  let state = emptyJournalState(nodeCrypto, ORIGIN)
  for (const { name } of report.files) {
    const segment = decodeSegment(await readFile(join(folder, name)))
    const verified = await verifySegment(nodeCrypto, state, segment, [world.box.journalKey])
    t.strictSame(verified.findings, [], name)
    state = verified.state
  }
  t.equal(state.size, 1400)
  t.strictSame(JSON.parse(await readFile(join(folder, 'export.json'), 'utf8')), report)
})

await t.test('begins after the newest receipt, or where it is told', async (t) => {
  const world = await World.open(t)
  await world.box.append(20)
  await (await world.agent()).ship()
  await world.box.append(5)
  const folder = join(world.folder, 'stick')
  t.match(await exportFromBox(world.settings(), folder, undefined), { from: 20, to: 25 })
  t.match(await exportFromBox(world.settings({ centre: null }), folder, 3), { from: 3, to: 25 })
})

await t.test('names a file whose traces are not all there', async (t) => {
  const world = await World.open(t)
  await world.box.append(20)
  await world.box.append(20)
  await world.box.database.query('DELETE FROM journal.traces WHERE seq = 30')
  world.appliance.status = 503
  const report = await exportFromBox(world.settings(), join(world.folder, 'stick'), undefined)
  t.match(report, {
    to: 20,
    recomputation: null,
    files: [
      { start: 0, end: 20, complete: true },
      { start: 20, end: 40, traces: 19, complete: false },
    ],
  })
})
