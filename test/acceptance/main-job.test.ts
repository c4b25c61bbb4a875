import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { surviveKills } from '../../appliance/test/kill/kills.ts'
import { freshClone } from './main-job/clone.ts'
import { Demo, freePorts } from './main-job/demo.ts'
import { deleteNewestTraces, flipFileBit, flipTraceByte } from './main-job/tampering.ts'
import { figuresOf, ownProgram, project, type Ended } from './programs.ts'

/** Order 1, bullet by bullet, in one demo that a newcomer would have started: the subtests build on each other. */
const run = promisify(execFile)
const shared = join(project, '..', 'shared', 'samples')

// Minutes of real work: an installation from a fresh clone, 20 kills, two browsers.
t.setTimeout(30 * 60_000)

const clone = await freshClone()
const demo = new Demo(clone, await freePorts())
const scratch = await mkdtemp(join(tmpdir(), 'probant-acceptance-'))
t.teardown(async () => {
  await demo.stop()
  await clone.remove()
  await rm(scratch, { recursive: true, force: true })
})

interface Listed {
  readonly id: string
  readonly fileName: string
  readonly size: number
  readonly digests: { readonly sha256: string; readonly 'sha3-256': string }
  readonly receipt: { readonly state: string }
}

async function objects(): Promise<readonly Listed[]> {
  const { vault } = await demo.file()
  const answer = await demo.call(`/vaults/${vault}/objects?limit=200`)
  return ((await answer.json()) as { items: Listed[] }).items
}

async function content(id: string): Promise<Buffer> {
  const { vault } = await demo.file()
  const answer = await demo.call(`/vaults/${vault}/objects/${id}/content`)
  return Buffer.from(await answer.arrayBuffer())
}

async function bundle(id: string): Promise<string> {
  const { vault } = await demo.file()
  const answer = await demo.call(`/vaults/${vault}/objects/${id}/proof`)
  const path = join(scratch, `${id}.zip`)
  await writeFile(path, Buffer.from(await answer.arrayBuffer()))
  return path
}

async function deposit(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Listed> {
  const { vault } = await demo.file()
  const form = new FormData()
  form.append('metadata', JSON.stringify({ title: name }))
  form.append('file', new Blob([bytes]), name)
  const answer = await demo.call(`/vaults/${vault}/objects`, { method: 'POST', body: form })
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Listed
}

const ship = (): Promise<Ended> => demo.probant('agent', 'ship', '--now')
const verify = async (path: string): Promise<Ended> =>
  demo.probant('verify', path, '--anchors', (await demo.file()).anchors)

await t.test('one command: npm ci and npm start on a machine that has only npm', async (t) => {
  await run('npm', ['ci'], { cwd: clone.folder, env: clone.env, maxBuffer: 64 * 1024 * 1024 })
  await demo.start()
  const file = await demo.file()
  const keys = ['portal', 'api', 'admin', 'supervision', 'supervisionApi', 'mail', 'token']
  const more = ['auditorToken', 'adminToken', 'supervisionToken', 'vault', 'anchors', 'pids']
  for (const key of [...keys, ...more]) t.ok(key in file, `demo.json has ${key}`)
  t.match(file.api, /^http:\/\/localhost:\d+\/api\/v1$/)
  t.match(demo.output, /keys are kept in files/i, 'the software key store is warned about')
  t.match(
    demo.output.trim().split('\n').at(-1) ?? '',
    file.portal,
    'the last line says where to go',
  )
  t.equal((await objects()).length, 7, 'the demo’s documents are there')
})

await t.test('a dead part is restarted within 2 seconds', async (t) => {
  for (const part of ['supervisor', 'agent', 'appliance'] as const) {
    const { pids } = await demo.file()
    process.kill(pids[part], 'SIGKILL')
    const killedAt = performance.now()
    let pid = pids[part]
    while (pid === pids[part] && performance.now() - killedAt < 20_000) {
      await delay(50)
      pid = (await demo.file()).pids[part]
    }
    const seconds = (performance.now() - killedAt) / 1000
    t.not(pid, pids[part], `${part} runs again after ${seconds.toFixed(1)} s`)
    t.ok(seconds < 2.5, `${part}: ${seconds.toFixed(1)} s`)
  }
  for (let tries = 0; tries < 100; tries += 1) {
    const ready = await demo.call('/journal/head').catch(() => undefined)
    if (ready?.ok === true) break
    await delay(200)
  }
})

await t.test(
  'every sample is deposited, read back equal, and its bundle verified offline',
  async (t) => {
    const known = new Map((await objects()).map((object) => [object.fileName, object]))
    const folders = [
      join(clone.folder, 'provisioning', 'demo'),
      ...(existsSync(shared) ? [shared] : []),
    ]
    if (!existsSync(shared)) t.comment('no ../shared beside this clone: its samples are skipped')
    for (const folder of folders)
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || entry.name.endsWith('.md')) continue
        const bytes = await readFile(join(entry.parentPath, entry.name))
        const object = known.get(entry.name) ?? (await deposit(new Uint8Array(bytes), entry.name))
        known.set(entry.name, object)
        const digest = createHash('sha256').update(bytes).digest('hex')
        t.equal(object.digests.sha256, digest, entry.name)
        t.ok((await content(object.id)).equals(bytes), `${entry.name} is read back equal`)
      }
    const [first, ...others] = [...known.values()]
    if (first === undefined) throw new Error('no sample was deposited')
    for (const { id, fileName } of [first, ...others]) {
      const verified = await verify(await bundle(id))
      t.equal(verified.code, 0, `${fileName}: ${verified.stderr}`)
    }
    const path = await bundle(first.id)
    const bytes = await readFile(path)
    const at = Math.floor(bytes.length / 2)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    await writeFile(path, bytes)
    const flipped = await verify(path)
    t.ok([1, 2].includes(flipped.code), `a flipped byte is refused (${flipped.code})`)
  },
)

await t.test('an independent centre vouches: shipped, audited, witnessed', async (t) => {
  const shipped = await ship()
  t.equal(shipped.code, 0, shipped.stdout + shipped.stderr)
  t.same(await demo.findings(), [], 'an honest box is accused of nothing')
  const { vault, anchors } = await demo.file()
  const [object] = await objects()
  t.equal(object?.receipt.state, 'witnessed')
  const verified = await demo.probant(
    'verify',
    await bundle(object?.id ?? ''),
    '--anchors',
    anchors,
    '--require-witness',
    '--json',
  )
  t.equal(verified.code, 0, verified.stdout)
  const head = (await (await demo.call('/journal/head')).json()) as { auditedSize: number }
  t.ok(head.auditedSize > 0, 'the audit receipt is kept by the box')
  const boxes = await demo.supervision<{ items: { state: string; nextDeadline: string }[] }>(
    '/boxes',
  )
  t.equal(boxes.items[0]?.state, 'ok')
  t.ok(Date.parse(boxes.items[0]?.nextDeadline ?? '') > 0)
  t.ok(vault)
})

await t.test('reading back: the command line, count, comparison, integrity, journal', async (t) => {
  const file = join(scratch, 'par la ligne de commande.txt')
  await writeFile(file, 'déposé par la ligne de commande')
  const deposited = await demo.probant('deposit', file, '--json')
  t.equal(deposited.code, 0, deposited.stderr)
  const { id } = JSON.parse(deposited.stdout) as { id: string }
  const output = join(scratch, 'copie.txt')
  const got = await demo.probant('get', id, '--output', output)
  t.equal(got.code, 0, got.stderr)
  t.equal(await readFile(output, 'utf8'), 'déposé par la ligne de commande')
  const status = await demo.probant('box', 'status')
  t.equal(status.code, 0, status.stdout + status.stderr)
  const fsck = await demo.probant('box', 'fsck')
  t.equal(fsck.code, 0, fsck.stdout + fsck.stderr)
  const { vault } = await demo.file()
  const json = async (path: string, init?: RequestInit) =>
    (await (await demo.call(`/vaults/${vault}${path}`, init)).json()) as Record<string, unknown>
  t.equal((await json('/objects/count'))['count'], (await objects()).length)
  const form = new FormData()
  form.append('file', new Blob(['déposé par la ligne de commande']), 'x')
  t.same(await json('/comparisons', { method: 'POST', body: form }), { identical: [id] })
  t.match(await json(`/objects/${id}/integrity-checks`, { method: 'POST' }), { intact: true })
  const journal = (await json(`/objects/${id}/journal`)) as { items: { act: string }[] }
  t.ok(journal.items.some((item) => item.act === 'deposit'))
})

await t.test(
  '(a) one byte of a trace that was shipped is changed: the centre names it',
  async (t) => {
    t.equal((await ship()).code, 0)
    const seq = 3
    await flipTraceByte(demo, seq)
    const shipped = await ship()
    t.equal(shipped.code, 1, 'the agent says that the centre raised findings')
    const finding = await demo.finding('altered-trace', (each) => each.seq === seq)
    t.not(finding.expected, finding.found, 'both sides are kept')
    t.ok(finding.sentence.fr.length > 20 && finding.sentence.en.length > 20)
    const fsck = await demo.probant('box', 'fsck')
    t.equal(fsck.code, 1)
    t.match(fsck.stdout, 'altered-trace at trace 3')
    await flipTraceByte(demo, seq)
  },
)

await t.test(
  '(a) one byte of a trace that was not shipped yet is changed: the centre names it',
  async (t) => {
    await ship()
    const { id } = await deposit(new Uint8Array(Buffer.from('not shipped yet')), 'unshipped.txt')
    const seq = await demo.asRoot(async (client) => {
      const { rows } = await client.query<{ seq: string }>(
        `SELECT seq FROM journal.traces WHERE object = $1 AND act = 'deposit'`,
        [id],
      )
      return Number(rows[0]?.seq)
    })
    await flipTraceByte(demo, seq)
    t.equal((await ship()).code, 1)
    await demo.finding('altered-trace', (each) => each.seq === seq)
    await flipTraceByte(demo, seq)
    t.equal((await ship()).code, 0, 'with the byte put back, what is late is accepted')
  },
)

await t.test(
  '(d) a bit of a stored file is flipped: the box says so and the centre alerts',
  async (t) => {
    const { id } = await deposit(new Uint8Array(Buffer.from('a file to be damaged')), 'damaged.txt')
    const path = join(demo.home, 'box', 'store', 'objects', id.slice(0, 2), id)
    await flipFileBit(path, 100)
    await ship()
    const finding = await demo.finding('integrity-failure-on-box')
    t.match(JSON.stringify(finding), id)
    const { vault } = await demo.file()
    const read = await demo.call(`/vaults/${vault}/objects/${id}/content`)
    t.equal(read.status, 500, 'nothing altered is given out')
    await flipFileBit(path, 100)
  },
)

await t.test('a marker in a deposited file is found nowhere', async (t) => {
  const marker = `MARKER-${randomUUID()}`
  const text = `${marker} `.repeat(20_000)
  await deposit(new Uint8Array(Buffer.from(text)), 'marker.txt')
  await demo.asRoot((client) => client.query('CHECKPOINT'))
  for (const folder of [demo.home, tmpdir()]) {
    const found = await run('grep', ['-rlaF', marker, folder], { maxBuffer: 1024 * 1024 }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    )
    t.equal(found, '', folder)
  }
})

await t.test('metrics, health and readiness on the administration address only', async (t) => {
  const { admin, portal } = await demo.file()
  t.match(await (await fetch(`${admin}/metrics`)).text(), 'probant_journal_size')
  t.equal((await fetch(`${admin}/healthz`)).status, 200)
  t.equal((await fetch(`${admin}/readyz`)).status, 200)
  t.not((await fetch(`${portal}/metrics`)).headers.get('content-type')?.split(';')[0], 'text/plain')
})

await t.test('Ctrl-C stops every process; a second start keeps the data', async (t) => {
  const before = (await objects()).map((object) => object.id)
  await demo.stop()
  t.same(await demo.leftovers(), [], 'nothing is left running')
  await demo.start()
  t.same(
    (await objects()).map((object) => object.id),
    before,
  )
})

await t.test('(b) the newest traces are deleted after their head was witnessed', async (t) => {
  await demo.asDisk('copy')
  await demo.settled()
  await deposit(new Uint8Array(Buffer.from('soon unhappened')), 'deleted.txt')
  t.equal((await ship()).code, 0)
  await deleteNewestTraces(demo)
  await ship()
  await demo.finding('truncated')
  t.pass('the centre says truncated, and a mail went out')
})

await t.test('(c) an older copy of the database is restored', async (t) => {
  const before = (await demo.findings()).filter(({ kind }) => kind === 'rollback').length
  t.equal(before, 0)
  await demo.asDisk('restore')
  await ship()
  await demo.finding('rollback')
  await demo.stop()
  await demo.start()
  const ready = await fetch(`${(await demo.file()).admin}/readyz`)
  t.equal(ready.status, 503, 'the box records nothing on top of a journal that was rolled back')
  t.match(await ready.text(), 'rolled back')
  await demo.stop()
  t.same(await demo.leftovers(), [], 'nothing is left running')
})

await t.test(
  'kill -9 at each step under 16 clients: 20 times here, 500 by npm run soak',
  async (t) => {
    const seed = Number(process.env['PROBANT_KILL_SEED'] ?? process.hrtime.bigint() % 2n ** 31n)
    t.comment(`PROBANT_KILL_SEED=${seed}`)
    const { kills, deposits, wrong } = await surviveKills(20, seed, ({ round, wrong }) => {
      t.same(wrong, [], JSON.stringify(round))
    })
    t.equal(kills, 20)
    t.ok(deposits > 20, `${deposits} deposits`)
    t.same(wrong, [])
  },
)

await t.test('bad input: each with status and message, and nothing kept', async (t) => {
  const ended = await ownProgram('appliance/test/refusals.test.ts')
  t.equal(ended.code, 0, ended.stdout)
})

await t.test('bench deposit and verify print ratios against limits of the same run', async (t) => {
  const ended = await ownProgram('test/bench/run.ts', ['deposit', 'verify'], { BENCH_QUICK: '1' })
  t.equal(ended.code, 0, ended.stdout + ended.stderr)
  const figures = figuresOf(ended)
  for (const bench of ['deposit', 'verify'])
    t.ok(figures.some((figure) => figure['bench'] === bench))
  for (const figure of figures) {
    t.equal(typeof figure['value'], 'number')
    t.equal(typeof figure['limit'], 'number')
    t.ok(Number(figure['ratio']) > 0, JSON.stringify(figure))
  }
})

await t.test('the two pages, in French and English, with axe on every screen', async (t) => {
  const ended = await ownProgram('test/portal/portal.test.ts')
  t.equal(ended.code, 0, ended.stdout)
})

await t.test('npm test covers types, lint, dependency rules and every suite', async (t) => {
  const script = await readFile(join(project, 'test', 'run.ts'), 'utf8')
  for (const part of ['types', 'lint', 'lint:deps', 'knip', 'tap'])
    t.match(script, part, `npm test runs ${part}`)
})

await t.test(
  'README and docs: what it is, two commands, formats, threat model; no claim of conformity',
  async (t) => {
    const readme = await readFile(join(project, 'README.md'), 'utf8')
    t.match(readme, 'npm ci && npm start')
    t.match(readme, 'npm ci && npm test')
    const names = (await readdir(join(project, 'docs'), { recursive: true })).filter((name) =>
      name.endsWith('.md'),
    )
    for (const name of ['formats.md', 'threat-model.md', 'configuration.md', 'api.md'])
      t.ok(names.includes(name), name)
    for (const name of names) {
      const text = await readFile(join(project, 'docs', name), 'utf8')
      for (const claim of text.matchAll(/[^.\n]*\b(certifiée?s?|agréée?s?|conforme NF)\b[^.\n]*/gi))
        t.match(claim[0], /\b(never|jamais|pas|not|ni|aucun)\b/i, `${name}: ${claim[0]}`)
    }
  },
)
