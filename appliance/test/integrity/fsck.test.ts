import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { converse, type Spoken } from '../recovery/console.ts'
import { createWorld, form, staff } from '../world.ts'

const world = await createWorld()
t.teardown(() => world.close())
const { vault, token } = await staff(world)
const { home } = world.settings
const progress = join(home, 'fsck.progress')
const DOCUMENT_BYTES = 200_000
const ids: string[] = []
for (let n = 0; n < 8; n++) {
  const body = form('x'.repeat(DOCUMENT_BYTES + n))
  const answer = await world.call('POST', `/vaults/${vault}/objects`, { token, body })
  ids.push(((await answer.json()) as { id: string }).id)
}

interface Report {
  intact: boolean
  begun: string
  wasInterrupted: boolean
  store: { objects: number; findings: { object: string }[] }
}

async function fsck(...words: string[]): Promise<{ spoken: Spoken; report: Report }> {
  const file = join(home, 'settings.json')
  const spoken = await converse(['box', 'fsck', '--json', '--settings', file, ...words])
  return { spoken, report: JSON.parse(spoken.stdout || '{}') as Report }
}

/** A pass of some seconds, ended by a signal as soon as it kept how far it got. */
async function interruptedBy(t: Test, signal: 'SIGTERM' | 'SIGKILL'): Promise<Spoken> {
  const file = join(home, 'settings.json')
  const words = ['box', 'fsck', '--settings', file, '--rate', '0.4', '--restart']
  let pid = 0
  const ending = converse(words, undefined, (started) => (pid = started))
  const seen = async () => (await readdir(home)).includes('fsck.progress')
  for (let tries = 0; !(await seen()) && tries < 500; tries++) await delay(20)
  t.ok(await seen(), 'it keeps how far it got while it works')
  process.kill(pid, signal)
  return ending
}

async function objectsDone(): Promise<number> {
  const kept = JSON.parse(await readFile(progress, 'utf8')) as { store: { objects: number } | null }
  return kept.store?.objects ?? 0
}

void t.test('one that was interrupted is gone on with', async (t) => {
  const { code, said } = await interruptedBy(t, 'SIGTERM')
  t.equal(code, 3, 'neither sound nor altered: it came to no end')
  t.match(said, /Interrupted after \d+ checkpoints and \d objects; the same command goes on/)
  const done = await objectsDone()
  t.ok(done > 0 && done < ids.length, `${done} objects were done`)

  // What was read already isn't read again: a document damaged since is left to the next pass, and the report says so.
  await damage(ids[0] ?? '', async () => {
    const { spoken, report } = await fsck()
    t.equal(spoken.code, 0)
    t.match(report, { intact: true, wasInterrupted: true, store: { objects: ids.length } })
    const anew = await fsck()
    t.equal(anew.spoken.code, 1)
    t.match(anew.report, { wasInterrupted: false, store: { findings: [{ object: ids[0] }] } })
  })
  t.notOk((await readdir(home)).includes('fsck.progress'), 'nothing is left of it at its end')
})

void t.test('one that was killed keeps what it had found', async (t) => {
  await damage(ids[0] ?? '', async () => {
    await interruptedBy(t, 'SIGKILL')
    const done = await objectsDone()
    t.ok(done > 0 && done < ids.length, `${done} objects were done`)
    const { spoken, report } = await fsck()
    t.equal(spoken.code, 1)
    t.match(report, { wasInterrupted: true, store: { objects: ids.length } })
    t.same(
      report.store.findings.map(({ object }) => object),
      [ids[0]],
    )
  })
})

void t.test(
  'what doesn’t belong to this journal, or isn’t whole, is not gone on with',
  async (t) => {
    await interruptedBy(t, 'SIGTERM')
    const kept = await readFile(progress, 'utf8')
    const other = JSON.parse(kept) as { journal: { state: string } }
    other.journal.state = other.journal.state.replace(/"origin":"[^"]*"/, '"origin":"other/1"')
    await writeFile(progress, JSON.stringify(other))
    const elsewhere = await fsck()
    t.match(elsewhere.report, { wasInterrupted: false, store: { objects: ids.length } })

    await writeFile(progress, kept.slice(0, 100))
    const broken = await fsck()
    t.equal(broken.spoken.code, 2)
    t.match(broken.spoken.said, /fsck\.progress/, 'the file is named')
    t.equal((await fsck('--restart')).spoken.code, 0)
    const wrong = await fsck('--rate', '0')
    t.equal(wrong.spoken.code, 2)
    t.match(wrong.spoken.said, /MiB a second/)
  },
)

async function damage(id: string, meanwhile: () => Promise<void>): Promise<void> {
  const folder = join(home, 'store', 'objects')
  const paths = await readdir(folder, { recursive: true })
  const path = join(folder, paths.find((each) => each.endsWith(id)) ?? '')
  const bytes = await readFile(path)
  const altered = Buffer.from(bytes)
  altered[1000] = (altered[1000] ?? 0) ^ 1
  await writeFile(path, altered)
  await meanwhile()
  await writeFile(path, bytes)
}
