import { spawn } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { TestCentre } from './support/centre.ts'

const probant = new URL('../../provisioning/cli/probant.ts', import.meta.url).pathname

interface Outcome {
  code: number | null
  stdout: string
  stderr: string
  report: {
    origins?: { origin: string; traces: number; segments: number; heads: number }[]
    alertJournals?: { traces: number }[]
    differences?: { place: string; seq: number | null; expected: string; found: string }[]
    wasInterrupted?: boolean
  }
}

/** A centre that follows two boxes, each with some nights behind it. */
async function followingTwo(t: Test, traces = 40) {
  const centre = await TestCentre.start(t)
  const settings = join(centre.settings.home, 'settings.json')
  await writeFile(settings, JSON.stringify(centre.settings), { mode: 0o600 })
  for (const name of ['east', 'west']) {
    const followed = await centre.follow(name)
    for (let night = 0; night < 3; night++) {
      followed.box.acts(traces)
      await centre.head(followed)
      followed.box.seal()
      await centre.ship(followed)
    }
    // witnessed, and not shipped yet
    followed.box.acts(2)
    await centre.head(followed)
  }
  const run = (words: string[], started: (pid: number) => void = () => undefined) =>
    new Promise<Outcome>((resolve, reject) => {
      const args = [probant, 'supervisor', 'audit', '--json', '--settings', settings, ...words]
      const child = spawn(process.execPath, args, { stdio: 'pipe' })
      started(child.pid ?? 0)
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      child.on('error', reject)
      child.on('close', (code) => {
        const report = (stdout === '' ? {} : JSON.parse(stdout)) as Outcome['report']
        resolve({ code, stdout, stderr, report })
      })
    })
  return { centre, run }
}

void t.test('an audit names what root or a DBA changed at the centre, and where', async (t) => {
  const { centre, run } = await followingTwo(t)
  const sound = await run([])
  t.equal(sound.code, 0, sound.stdout)
  t.match(sound.report.origins, [
    { origin: 'east/1', traces: 124, segments: 3, heads: 4 },
    { origin: 'west/1', traces: 124, segments: 3, heads: 4 },
  ])
  t.ok((sound.report.alertJournals?.[0]?.traces ?? 0) >= 3, 'its own journal too')

  const one = await run(['west'])
  t.match(one.report.origins, [{ origin: 'west/1' }])
  t.same(one.report.alertJournals, [])

  const sql = (text: string) => centre.database.query(text)
  await sql('SET session_replication_role = replica')
  /** What is found while something is changed, and nothing else once it is put right again. */
  const changed = async (
    what: string,
    change: () => Promise<unknown>,
    back: () => Promise<unknown>,
    expected: { place: string; seq?: number | null; expected?: RegExp },
  ) => {
    await change()
    const { code, report } = await run([])
    t.equal(code, 1, what)
    t.match(report.differences, [expected], what)
    t.equal(report.differences?.length, 1, what)
    await back()
  }
  const bytes = join(centre.settings.home, 'bytes')
  const { rows } = await centre.database.query<{ sha256: Buffer }>(
    "SELECT sha256 FROM centre.segments WHERE origin = 'east/1' AND ordinal = 1",
  )
  const hex = rows[0]?.sha256.toString('hex') ?? ''
  const file = join(bytes, hex.slice(0, 2), hex)
  const kept = await readFile(file)
  const flipped = Buffer.from(kept)
  flipped[900] = (flipped[900] ?? 0) ^ 1
  await changed(
    'a bit of a stored segment',
    () => writeFile(file, flipped),
    () => writeFile(file, kept),
    { place: 'east/1', seq: 42, expected: /the stored segment/ },
  )
  const row = (column: string, where: string) => async () =>
    (await centre.database.query<{ value: string }>(`SELECT ${column} AS value FROM ${where}`))
      .rows[0]?.value
  const receipts = "centre.segments WHERE origin = 'west/1' AND ordinal"
  const last = await row('receipt', `${receipts} = 2`)()
  const first = await row('receipt', `${receipts} = 1`)()
  const setReceipt = (receipt?: string) => () =>
    sql(
      `UPDATE centre.segments SET receipt = $$${receipt ?? ''}$$ WHERE origin = 'west/1' AND ordinal = 2`,
    )
  await changed('another receipt', setReceipt(first), setReceipt(last), {
    place: 'west/1',
    seq: 83,
    expected: /receipt over 124/,
  })
  const swap = () =>
    sql(`UPDATE centre.segments s SET sha256 = o.sha256 FROM centre.segments o
      WHERE s.origin = 'east/1' AND o.origin = s.origin AND s.ordinal > 0 AND s.ordinal + o.ordinal = 3`)
  await changed('the files of two nights swapped', swap, swap, { place: 'east/1', seq: 42 })
  await changed(
    'the size counted',
    () => sql("UPDATE centre.origins SET segment_count = 2 WHERE origin = 'east/1'"),
    () => sql("UPDATE centre.origins SET segment_count = 3 WHERE origin = 'east/1'"),
    { place: 'east/1', seq: 83 },
  )
  const head = "centre.cosigned_heads WHERE origin = 'west/1' AND size = 41"
  const cosigned = await row('root', head)()
  await changed(
    'a cosigned head',
    () =>
      sql(`UPDATE centre.cosigned_heads SET root = set_byte(root, 3, get_byte(root, 3) # 1)
        WHERE origin = 'west/1' AND size = 41`),
    () =>
      sql(`UPDATE centre.cosigned_heads SET root = set_byte(root, 3, get_byte(root, 3) # 1)
        WHERE origin = 'west/1' AND size = 41`),
    { place: 'west/1' },
  )
  t.same(await row('root', head)(), cosigned)
  const lines = "SET lines = array[lines[2], lines[1]] WHERE origin = 'west/1' AND size = 126"
  await sql(`UPDATE centre.cosigned_heads ${lines}`)
  t.equal((await run([])).code, 0, 'the order of lines says nothing')
  await changed(
    'an entry of the alert journal',
    () =>
      sql(
        `UPDATE centre.alert_traces SET bytes = set_byte(bytes, 60, get_byte(bytes, 60) # 1) WHERE seq = 2`,
      ),
    () =>
      sql(
        `UPDATE centre.alert_traces SET bytes = set_byte(bytes, 60, get_byte(bytes, 60) # 1) WHERE seq = 2`,
      ),
    { place: 'centre.test/alerts/1', seq: 2 },
  )
  t.equal((await run([])).code, 0, 'all is as it was')
  const unknown = await run(['north'])
  t.equal(unknown.code, 2)
  t.match(unknown.stderr, /no box north/)
})

void t.test('an audit that was interrupted goes on, and keeps what it had found', async (t) => {
  const { centre, run } = await followingTwo(t, 900)
  const { rows } = await centre.database.query<{ sha256: Buffer }>(
    "SELECT sha256 FROM centre.segments WHERE origin = 'east/1' AND ordinal = 0",
  )
  const hex = rows[0]?.sha256.toString('hex') ?? ''
  const file = join(centre.settings.home, 'bytes', hex.slice(0, 2), hex)
  const kept = await readFile(file)
  await writeFile(file, Buffer.concat([kept, Buffer.of(0)]))
  let pid = 0
  const ending = run(['--rate', '0.8'], (started) => (pid = started))
  const { home } = centre.settings
  const isUnderWay = async () =>
    (await readdir(home)).includes('audit.progress') &&
    (await readFile(join(home, 'audit.progress'), 'utf8')).includes('east/1')
  for (let tries = 0; !(await isUnderWay()) && tries < 500; tries++) await delay(20)
  process.kill(pid, 'SIGINT')
  const interrupted = await ending
  t.equal(interrupted.code, 3)
  t.match(interrupted.stderr, /Interrupted after \d journals/)
  await writeFile(file, kept)
  const { code, report } = await run([])
  t.equal(code, 1, 'what was found in the first part is not forgotten')
  t.match(report, { wasInterrupted: true, differences: [{ place: 'east/1', seq: 0 }] })
  const anew = await run(['--restart'])
  t.equal(anew.code, 0)
  t.match(anew.report, { wasInterrupted: false })
  t.equal(anew.report.origins?.length, 2)
})
