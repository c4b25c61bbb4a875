import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@probant/host'
import t from 'tap'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { freePorts } from '../../src/drill/ports.ts'
import { Specimen } from '../../src/drill/specimen.ts'
import { repositoryRoot } from '../../src/installation/layout.ts'

/** A few of the catalogue, as whoever tries them out does; `npm run soak -- drill` carries all of it out. */
t.setTimeout(10 * 60_000)

const home = await mkdtemp(join(tmpdir(), 'probant-drilled-'))
const demo = new Specimen(home, await freePorts(), systemClock)

const verdicts = Type.Array(
  Type.Object({
    id: Type.String(),
    attack: Type.String(),
    kind: Type.Union([Type.String(), Type.Null()]),
    where: Type.Union([Type.String(), Type.Null()]),
    delayS: Type.Union([Type.Number(), Type.Null()]),
    honestTwin: Type.Boolean(),
    passed: Type.Boolean(),
  }),
)

interface Ended {
  code: number | null
  out: string
  err: string
}

function probant(...words: string[]): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [join(repositoryRoot, 'provisioning/cli/probant.ts'), ...words],
    { env: { ...process.env, PROBANT_HOME: home } },
  )
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })))
}

/** What the installation itself holds: a drill only reads it. */
const journalOf = async () =>
  demo.root(async (client) => {
    const { rows } = await client.query<{ bytes: Buffer }>(
      'SELECT bytes FROM journal.traces ORDER BY seq LIMIT 20',
    )
    return createHash('sha256')
      .update(Buffer.concat(rows.map(({ bytes }) => bytes)))
      .digest('hex')
  })

await t.test('without an installation, or of an attack that there is not', async (t) => {
  t.match(await probant('drill'), { code: 2, err: /No installation runs in/ })
  t.match(await probant('drill', '99'), { code: 2, err: /There is no attack 99/ })
  t.match(await probant('drill', '18'), { code: 2, err: /18 is not carried out: .*destruction/ })
  t.match(await probant('drill', '--list', '18', '1'), {
    code: 0,
    out: /1 .*stored trace changed\n.*\n.*1b.*\n.*\n.*honest/s,
  })
})

await t.test('attacks are caught on a copy, and an honest restart accuses nobody', async (t) => {
  await demo.start()
  t.teardown(async () => {
    await demo.stop()
    await rm(home, { recursive: true })
  })
  const before = await journalOf()
  const { code, out, err } = await probant('drill', '--json', '1', '4a', '9a', '42a')
  t.equal(code, 0, err)
  const found = Value.Parse(verdicts, JSON.parse(out))
  t.match(
    found.map(({ id, kind, honestTwin }) => ({ id, kind, honestTwin })),
    [
      { id: '1', kind: 'altered-trace', honestTwin: false },
      { id: '1b', kind: 'altered-trace', honestTwin: false },
      { id: '4a', kind: 'truncated', honestTwin: false },
      { id: '1h', kind: null, honestTwin: true },
      { id: '9a', kind: 'clock-skew', honestTwin: false },
      { id: '42a', kind: 'survived', honestTwin: false },
    ],
  )
  t.ok(found.every(({ passed }) => passed))
  const named = found.filter(({ id }) => ['1', '1b', '4a'].includes(id))
  t.ok(named.every(({ where }) => /^trace \d+/.test(where ?? '')))
  t.equal(await journalOf(), before, 'the installation itself is not touched')
  t.same(await demo.findings(), [])
  t.match(await readFile(join(home, 'demo.json'), 'utf8'), /pids/)
})
