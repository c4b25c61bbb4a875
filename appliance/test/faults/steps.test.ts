import { parseTrace } from '@probant/evidence'
import { PostgresError, UnknownCommitState } from '@probant/postgres'
import t, { type Test } from 'tap'
import type { Step } from '../interposed/hooks.ts'
import { Inspection } from '../kill/inspection.ts'
import { anchorsOf, proveReceipt } from '../kill/proving.ts'
import { fresh, type Acknowledged } from '../kill/clients.ts'
import { seeded } from '../kill/plan.ts'
import { openFiles } from './open-files.ts'
import { createWorld, form, staff } from '../world.ts'
import { Faults, interposed, systemError, type Effect } from './faults.ts'

const world = await createWorld()
const { vault, token } = await staff(world)
const anchors = anchorsOf(world)
const inspection = new Inspection(world)
const faults = new Faults()
await world.restart(await interposed(world, faults))
t.teardown(async () => {
  await inspection.close()
  await world.close()
})

const random = seeded(1)
const kept: Acknowledged[] = []
const lost = () => new PostgresError('connection-lost', 'the connection broke')

interface Answer {
  readonly status: number
  readonly type?: string
  readonly step?: string
  readonly text: string
}

async function deposit(): Promise<Answer> {
  const { content, ...sent } = fresh(random)
  const answer = await world.call('POST', `/vaults/${vault}/objects`, {
    token,
    body: form(content, `${sent.key}.bin`),
  })
  const text = await answer.text()
  if (answer.status !== 201)
    return { status: answer.status, text, ...(JSON.parse(text) as { type: string; step?: string }) }
  const { id, receipt } = JSON.parse(text) as Pick<Acknowledged, 'id' | 'receipt'>
  kept.push({ ...sent, id, receipt })
  return { status: 201, text }
}

async function lastDeposit() {
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = 'deposit' ORDER BY seq DESC LIMIT 1`,
  )
  const { outcome, data } = parseTrace(rows[0]?.bytes ?? new Uint8Array())
  return { outcome, ...data }
}

/** Nothing of a failed deposit is visible or left, and the next one is like any other. */
async function serviceIsAsBefore(t: Test): Promise<void> {
  t.same(await inspection.halves(kept, new Set()), [])
  t.equal((await deposit()).status, 201, 'the next deposit is kept')
  const last = kept.at(-1)
  if (last !== undefined) await proveReceipt(anchors, last.receipt, last)
  t.same(await inspection.halves(kept, new Set()), [])
}

const refusing: readonly {
  step: Step
  error: () => Error
  status: number
  type: string
  named: string
}[] = [
  ...(['stage', 'write', 'file-sync', 'rename', 'folder-sync'] as const).flatMap((step) =>
    (['ENOSPC', 'EIO'] as const).map((code) => ({
      step,
      error: () => systemError(code),
      status: 507,
      type: 'store-failed',
      named: 'file',
    })),
  ),
  {
    step: 'token',
    error: () => new Error('the device is away'),
    status: 503,
    type: 'timestamp-failed',
    named: 'timestamp',
  },
  {
    step: 'lat-signature',
    error: () => new Error('the device is away'),
    status: 503,
    type: 'signer-failed',
    named: 'proof',
  },
  ...(['begin', 'traces', 'rows'] as const).map((step) => ({
    step,
    error: lost,
    status: 503,
    type: 'journal-busy',
    named: 'commit',
  })),
]

for (const effect of ['undone', 'done'] satisfies Effect[])
  for (const { step, error, status, type, named } of refusing)
    void t.test(
      `${step} fails, ${effect} (${error().message}): refused, and nothing is kept`,
      async (t) => {
        faults.failOnce(step, effect, error())
        const answer = await deposit()
        t.ok(faults.hasFailed, 'the step failed')
        t.equal(answer.status, status, answer.text)
        t.equal(answer.type, `urn:probant:problem:${type}`)
        t.equal(answer.step, named)
        t.notMatch(answer.text, /EIO|ENOSPC|device|connection/, 'nothing internal is told')
        t.match(await lastDeposit(), { outcome: 'failed', reason: type, step: named })
        await serviceIsAsBefore(t)
      },
    )

for (const effect of ['undone', 'done'] satisfies Effect[])
  for (const step of ['stage', 'write', 'file-sync', 'rename', 'folder-sync'] as const)
    void t.test(`${step} fails, ${effect}, for an object of several files`, async (t) => {
      faults.failOnce(step, effect, systemError('EIO'))
      const body = form('one', '1.txt')
      for (const name of ['2.txt', '3.txt']) body.append('file', new Blob([name]), name)
      const answer = await world.call('POST', `/vaults/${vault}/objects`, { token, body })
      t.ok(faults.hasFailed, 'the step failed')
      t.equal(answer.status, 507, await answer.text())
      await serviceIsAsBefore(t)
    })

void t.test('COMMIT fails, undone: refused, and nothing is kept', async (t) => {
  faults.failOnce('commit', 'undone', lost())
  const answer = await deposit()
  t.match(answer, { status: 503, type: 'urn:probant:problem:journal-busy', step: 'commit' })
  t.match(await lastDeposit(), { outcome: 'failed', reason: 'journal-busy', step: 'commit' })
  await serviceIsAsBefore(t)
})

const waiting: readonly Step[] = [
  'reread',
  'checkpoint-signature',
  'checkpoint-rows',
  'checkpoint-commit',
]
for (const effect of ['undone', 'done'] satisfies Effect[])
  for (const step of waiting) {
    if (step === 'checkpoint-commit' && effect === 'done') continue
    void t.test(`${step} fails, ${effect}: the answer waits until it succeeds`, async (t) => {
      faults.failOnce(step, effect, lost())
      t.equal((await deposit()).status, 201)
      t.ok(faults.hasFailed, 'the step failed')
      await serviceIsAsBefore(t)
    })
  }

for (const step of ['commit', 'checkpoint-commit'] satisfies Step[])
  void t.test(
    `${step} is durable and its answer is lost: stop, recover, keep it whole`,
    async (t) => {
      const before = world.fatal.length
      faults.failOnce(step, 'done', new UnknownCommitState(new Error('the connection broke')))
      const answer = await deposit()
      t.match(answer, { status: 503, type: 'urn:probant:problem:journal-stopped' })
      t.equal(world.fatal.length, before + 1, 'the process is told to end, once')
      t.equal((await deposit()).type, 'urn:probant:problem:journal-stopped', 'nothing goes on')
      await world.restart(await interposed(world, faults))
      const rows = await inspection.number('SELECT count(*) AS n FROM vault.objects')
      t.equal(rows, kept.length + 1, 'it was committed, so it is there')
      const { rows: last } = await world.box.database.query<{ id: string; sha: string }>(
        `SELECT id::text, encode(sha256, 'hex') AS sha FROM vault.objects ORDER BY deposit_seq DESC LIMIT 1`,
      )
      const id = last[0]?.id ?? ''
      kept.push({ id, key: '', sha256: last[0]?.sha ?? '', sizeBytes: 0, receipt: null })
      t.same(await inspection.halves(kept, new Set()), [])
      const read = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
      t.equal(read.status, 200, 'and reads back')
      await serviceIsAsBefore(t)
    },
  )

void t.test('at last everything recomputes', async (t) => {
  t.same(await inspection.differences(), [])
})

void t.test('no failed step leaves a stored file open', async (t) => {
  t.same(await openFiles(world.settings.home), [])
})
