import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import t from 'tap'
import { exportFromBox } from '../../agent/src/command-line/export.ts'
import { importFiles } from '../../supervisor/src/commands/import.ts'
import type { TestBox } from '../../supervisor/test/support/box.ts'
import { NOON_MS, type TestCentre } from '../../supervisor/test/support/centre.ts'
import { followedBox, type FollowedBox } from './followed-box.ts'

// Boxes without a route: what they export on a medium meets the same checks as over SSH, as often as it is brought.

let followed: FollowedBox
let centre: TestCentre
let folder: string
let settingsFile: string

t.before(async () => {
  followed = await followedBox(t)
  centre = followed.centre
  // everything goes by file: the agent neither sends heads nor ships by itself
  followed.stop()
  folder = await mkdtemp(join(tmpdir(), 'probant-media-'))
  t.teardown(() => rm(folder, { recursive: true }))
  settingsFile = join(folder, 'supervisor.json')
  await writeFile(settingsFile, JSON.stringify(centre.settings))
})

let media = 0
const medium = () => mkdtemp(join(folder, `medium-${++media}-`))
const bring = (files: readonly string[]) => importFiles(settingsFile, files, true)

/** A file of a journal, as `agent export` names them. */
async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(await medium(), `${name}.segment`)
  await writeFile(path, bytes)
  return path
}

async function stored(boxId: string) {
  const { rows } = await centre.database.query<{ segments: number; size: number | null }>(
    `SELECT count(*)::int AS segments, max(end_seq)::int AS size FROM centre.segments
     WHERE box_id = $1`,
    [boxId],
  )
  return rows[0]
}

void t.test('a box exports, the centre imports, its receipts go back', async (t) => {
  const { box, agent, settings } = followed
  await box.append(700)
  await box.append(700)
  const stick = await medium()
  const report = await exportFromBox(settings, stick, undefined)
  t.match(report, { from: 0, to: 1400, files: [{ start: 0 }, { complete: true }] })
  const files = report.files.map(({ name }) => join(stick, name))
  t.equal(await bring(files.toReversed()), 0, 'in whatever order they are named')
  t.same(await stored('box-7'), { segments: files.length, size: 1400 })
  t.match((await centre.api('GET', '/boxes/box-7')).body, { lastShipment: { size: 1400 } })

  const receipts = (await readdir(stick)).filter((name) => name.endsWith('.receipt')).sort()
  t.same(
    receipts,
    files.map((file) => `${basename(file)}.receipt`),
    'one beside each file',
  )
  const texts = await Promise.all(receipts.map((name) => readFile(join(stick, name), 'utf8')))
  for (const [at, text] of texts.entries())
    t.same(await agent.takeReceipt(text), { receiptSize: report.files[at]?.end })
  const next = await exportFromBox(settings, await medium(), undefined)
  t.match(next, { from: 1400, to: 1400, files: [] }, 'what was receipted is not exported again')
  const last = texts.at(-1) ?? ''
  const forged = last.replace('\n1400\n', '\n1399\n')
  await t.rejects(agent.takeReceipt(forged), { code: 'centre-misbehaved' }, 'a forged one')

  t.equal(await bring(files), 0, 'the same files once more')
  t.equal(await bring(files.slice(0, 1)), 0, 'an old one alone')
  t.same(await stored('box-7'), { segments: files.length, size: 1400 }, 'change nothing')
  t.same(
    await Promise.all(receipts.map((name) => readFile(join(stick, name), 'utf8'))),
    texts,
    'and are answered with the same receipts',
  )
  const whole = join(await medium(), 'whole.segment')
  await box.append(100)
  const longer = await exportFromBox(settings, await medium(), 1400)
  t.match(longer, { from: 1400, to: 1500 })
  await writeFile(whole, 'nonsense')
  t.equal(await bring([whole]), 2, 'what is no segment')
  t.same(await centre.kinds('box-7'), [], 'and nobody is accused')
})

/** A box of which the centre has the first ten traces, and that goes on to twenty. */
async function remote(boxId: string): Promise<TestBox> {
  const { box: made } = await centre.follow(boxId, { everySeconds: null })
  made.acts(9)
  if ((await bring([await written(boxId, made.segment(0, 10))])) !== 0) throw new Error(boxId)
  made.acts(10)
  return made
}

void t.test('a file that was altered', async (t) => {
  const made = await remote('altered')
  made.checkpoint()
  made.flip(14)
  t.equal(await bring([await written('altered', made.segment(10))]), 1)
  t.match(await centre.findings('altered'), [{ kind: 'altered-trace', seq: 14 }])
  t.same(await stored('altered'), { segments: 1, size: 10 })
  made.flip(14)
})

void t.test('a file whose traces were altered after they were brought', async (t) => {
  const made = await remote('since')
  made.flip(4)
  t.equal(await bring([await written('since', made.segment(0, 10))]), 1)
  t.match((await centre.findings('since'))[0], { seq: 4 })
  t.same(await stored('since'), { segments: 1, size: 10 })
})

void t.test('files with a gap between', async (t) => {
  const made = await remote('gap')
  const later = await written('later', made.segment(15))
  t.equal(await bring([later]), 1, 'what comes before is missing')
  t.same(await centre.kinds('gap'), [], 'which a lost medium explains')
  t.equal(await bring([await written('before', made.segment(10, 15)), later]), 0)
  t.same(await stored('gap'), { segments: 3, size: 20 })
  made.acts(5)
  made.checkpoint()
  made.traces.splice(21, 2)
  t.equal(await bring([await written('hole', made.segment(20, 23, made.checkpoint(25)))]), 1)
  t.ok((await centre.kinds('gap')).includes('gap'), 'a hole within one file is a finding')
})

void t.test('a file of another history', async (t) => {
  const made = await remote('fork')
  const clone = made.copy()
  clone.rewind(8)
  clone.acts(12, { act: 'read' })
  t.equal(await bring([await written('mine', made.segment(10))]), 0)
  t.equal(await bring([await written('other', clone.segment(0))]), 1)
  t.ok((await centre.kinds('fork')).includes('fork'))
  t.same(await stored('fork'), { segments: 2, size: 20 })
})

void t.test('a file of another box', async (t) => {
  const made = await remote('mine')
  const other = await remote('yours')
  const { traces } = other
  const relabelled = made.copy()
  relabelled.traces = [...made.traces.slice(0, 10), ...traces.slice(10)]
  t.equal(await bring([await written('relabelled', relabelled.segment(10))]), 1)
  t.ok((await centre.kinds('mine')).length > 0, 'its traces under my name')
  t.same(await stored('mine'), { segments: 1, size: 10 })
  t.equal(await bring([await written('yours', other.segment(10))]), 0, 'is taken under its own')
  t.same(await stored('mine'), { segments: 1, size: 10 })
  const stranger = made.copy()
  stranger.origin = 'nobody/1'
  t.equal(await bring([await written('nobody', stranger.segment(0, 10))]), 2, 'and a stranger’s')
})

void t.test('a file that was cut at any byte', async (t) => {
  const made = await remote('cut')
  const bytes = made.segment(10)
  const cuts = [0, 1, 7, 8, 100, bytes.length >> 1, bytes.length - 1]
  const files = await Promise.all(cuts.map((cut) => written('cut', bytes.subarray(0, cut))))
  for (const file of files) t.equal(await bring([file]), 2)
  t.same(await stored('cut'), { segments: 1, size: 10 })
  t.same(await centre.kinds('cut'), [], 'a bad medium accuses nobody')
  t.equal(await bring([...files, await written('cut', bytes)]), 2, 'beside it the whole one')
  t.same(await stored('cut'), { segments: 2, size: 20 }, 'is taken all the same')
})

void t.test('the same checks as over SSH, and the same findings', async (t) => {
  const [byFile, bySsh] = [await remote('file'), await centre.follow('ssh')]
  bySsh.box.acts(9)
  await centre.ship(bySsh)
  bySsh.box.acts(10)
  for (const one of [byFile, bySsh.box]) {
    one.checkpoint()
    one.flip(12)
  }
  await bring([await written('file', byFile.segment(10))])
  await centre.ship(bySsh)
  const found = async (boxId: string) =>
    (await centre.findings(boxId)).map(({ kind, seq }) => `${kind} ${seq ?? ''}`)
  t.same(await found('file'), await found('ssh'))
  t.same(await found('file'), ['altered-trace 12'])
  t.ok(centre.clock.nowMs() >= NOON_MS)
})
