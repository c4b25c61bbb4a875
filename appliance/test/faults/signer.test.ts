import { systemRandomness } from '@probant/host'
import { openProvider, type KeyProvider } from '@probant/keys'
import { rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { quickClock } from '../interposed/clock.ts'
import { withSigning } from '../interposed/keys.ts'
import type { Acknowledged } from '../kill/clients.ts'
import { createHash } from 'node:crypto'
import { Inspection } from '../kill/inspection.ts'
import { startProcess } from '../kill/process.ts'
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
        t.ok(world.box.signerWatch.waitsFor, 'it is known')
        t.same(await inspection.halves(kept, new Set()), [])
        wrong = undefined
        t.equal((await deposit()).status, 201, 'afterwards deposits are kept again')
        t.equal(world.box.signerWatch.waitsFor, undefined)
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

void t.test('a lat or tsa key that fails alone: readyz and the agent are told', async (t) => {
  await world.stop()
  const { home, localSocket } = world.settings
  const settingsFile = join(home, 'settings.json')
  const entry = join(import.meta.dirname, 'failing-service.ts')
  const service = await startProcess({ settingsFile, logFile: join(home, 'failing.log'), entry })
  t.teardown(() => service.stop())
  const readyz = async () => {
    const answer = await fetch(`http://127.0.0.1:${service.administrationPort ?? 0}/readyz`)
    return { status: answer.status, text: await answer.text() }
  }
  const attempt = async () => {
    const address = `http://127.0.0.1:${service.port ?? 0}/api/v1/vaults/${vault}/objects`
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(address, { method: 'POST', headers, body: form('more') })).status
  }
  const state = () =>
    new Promise<{ stoppedBecause: unknown; depositsStoppedBecause: unknown }>((resolve, reject) => {
      request({ socketPath: localSocket, path: '/state' }, (answer) => {
        answer.on('data', (bytes: Buffer) => {
          resolve(JSON.parse(bytes.toString()) as Awaited<ReturnType<typeof state>>)
        })
      })
        .on('error', reject)
        .end()
    })
  const once = async (isSo: () => Promise<boolean>) => {
    for (let tries = 0; tries < 200 && !(await isSo()); tries += 1) await delay(50)
    return isSo()
  }
  for (const [label, why] of Object.entries({ lat: /archive key/, tsa: /timestamp.*key tsa/ })) {
    t.equal((await readyz()).status, 200)
    await writeFile(join(home, 'failing'), label)
    t.equal(await attempt(), 503)
    const told = await readyz()
    t.equal(told.status, 503)
    t.match(told.text, why, 'the administrator is told at once')
    t.match(told.text, /deposits/)
    t.notOk(told.text.includes('device is away'), 'in words of our own')
    t.ok(
      await once(async () => (await state()).depositsStoppedBecause !== null),
      'the agent after 20 seconds, without another deposit',
    )
    const { stoppedBecause, depositsStoppedBecause } = await state()
    t.match(depositsStoppedBecause, why)
    t.equal(stoppedBecause, null, 'the journal goes on')
    await rm(join(home, 'failing'))
    t.ok(await once(async () => (await readyz()).status === 200), 'well again, without a deposit')
    t.strictSame(await state(), { stoppedBecause: null, depositsStoppedBecause: null })
    t.equal(await attempt(), 201)
  }
})
