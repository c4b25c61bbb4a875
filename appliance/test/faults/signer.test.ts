import { systemRandomness } from '@probant/host'
import { openProvider, type KeyProvider } from '@probant/keys'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { quickClock } from '../interposed/clock.ts'
import { withSigning } from '../interposed/keys.ts'
import type { Acknowledged } from '../kill/clients.ts'
import { createHash } from 'node:crypto'
import { Inspection } from '../kill/inspection.ts'
import { anchorsOf, proveReceipt } from '../kill/proving.ts'
import { createWorld, form, staff } from '../world.ts'

type Sign = KeyProvider['sign']
const invalid: Sign = () => Promise.resolve(Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1))
const absent: Sign = () => Promise.reject(new Error('the device is away'))
const hanging: Sign = () => new Promise(() => undefined)

const world = await createWorld()
const { vault, token } = await staff(world)
const inspection = new Inspection(world)
const anchors = anchorsOf(world)
const kept: Acknowledged[] = []
t.teardown(async () => {
  await inspection.close()
  await world.close()
})

const real = await openProvider(world.settings.keys, systemRandomness)
/** How the key of that label signs, other than it should. */
let wrong: { label: string; sign: Sign } | undefined
const keys = withSigning(real, (ref, message) =>
  (wrong?.label === ref.label ? wrong.sign : (...given: Parameters<Sign>) => real.sign(...given))(
    ref,
    message,
  ),
)
await world.restart({ keys, clock: quickClock })

async function deposit() {
  const content = systemRandomness.uuid()
  const answer = await world.call('POST', `/vaults/${vault}/objects`, {
    token,
    body: form(content),
  })
  const told = (await answer.json()) as Pick<Acknowledged, 'id' | 'receipt'> & {
    type?: string
    step?: string
  }
  if (answer.status === 201) {
    const sha256 = createHash('sha256').update(content).digest('hex')
    kept.push({ ...told, key: content, sha256, sizeBytes: content.length })
  }
  return { status: answer.status, type: told.type, step: told.step }
}

const refusals = {
  lat: { type: 'signer-failed', step: 'proof' },
  tsa: { type: 'timestamp-failed', step: 'timestamp' },
}

for (const label of ['lat', 'tsa'] as const)
  for (const [how, sign] of Object.entries({ invalid, absent, hanging }))
    void t.test(
      `the ${label} key is ${how}: refused by its step, and nothing is kept`,
      async (t) => {
        wrong = { label, sign }
        const { type, step } = refusals[label]
        t.match(await deposit(), { status: 503, type: `urn:probant:problem:${type}`, step })
        t.same(await inspection.halves(kept, new Set()), [])
        wrong = undefined
        t.equal((await deposit()).status, 201, 'afterwards deposits are kept again')
        t.same(await inspection.halves(kept, new Set()), [])
      },
    )

for (const [how, sign] of Object.entries({ invalid, absent, hanging }))
  void t.test(`the journal key is ${how}: no act is answered until it signs`, async (t) => {
    wrong = { label: 'journal', sign }
    let isAnswered = false
    const answer = deposit().finally(() => (isAnswered = true))
    for (let tries = 0; tries < 100 && world.box.journal.waitsFor === undefined; tries += 1)
      await delay(20)
    t.match(world.box.journal.waitsFor, /journal key/, 'readiness says what it waits for')
    await delay(100)
    t.notOk(isAnswered, 'nothing is acknowledged without a checkpoint')
    wrong = undefined
    t.match(await answer, { status: 201 })
    t.equal(world.box.journal.waitsFor, undefined)
    const last = kept.at(-1)
    if (last !== undefined) await proveReceipt(anchors, last.receipt, last)
    t.same(await inspection.halves(kept, new Set()), [])
  })

void t.test('while no checkpoint can be signed, what waits is bounded', async (t) => {
  wrong = { label: 'journal', sign: hanging }
  const outcomes: Promise<string>[] = []
  for (let count = 0; count < 6000; count += 1) {
    outcomes.push(
      world.box.journal.record({ act: 'count', outcome: 'done' }).then(
        () => 'done',
        (error: unknown) =>
          error instanceof Error && 'code' in error ? String(error.code) : 'other',
      ),
    )
    if (count % 200 === 0) await delay(10)
  }
  t.match(await deposit(), {
    status: 503,
    type: 'urn:probant:problem:journal-busy',
    step: 'commit',
  })
  wrong = undefined
  const all = await Promise.all(outcomes)
  const count = (outcome: string) => all.filter((each) => each === outcome).length
  t.ok(count('done') >= 4000 && count('done') < 5500, `${count('done')} were recorded`)
  t.equal(count('done') + count('journal-busy'), 6000, 'the others were told to come back')
  t.equal((await deposit()).status, 201)
  t.same(await inspection.halves(kept, new Set()), [])
  t.same(await inspection.differences(), [])
})

void t.test('a journal key that stays away: deposits are told, and lost is nothing', async (t) => {
  wrong = { label: 'journal', sign: absent }
  const before = kept.length
  t.match(await deposit(), { status: 503, type: 'urn:probant:problem:journal-late' })
  wrong = { label: 'lat', sign: absent }
  t.match(await deposit(), { status: 503, type: 'urn:probant:problem:signer-failed' })
  wrong = undefined
  for (let tries = 0; tries < 100 && world.box.journal.waitingTraces > 0; tries += 1)
    await delay(50)
  t.equal((await deposit()).status, 201)
  t.equal(kept.length, before + 1)
  t.same(await inspection.differences(), [], 'the one in doubt is whole')
})
