import t, { type Test } from 'tap'
import { unwitnessedSince } from '../../src/journal/witnessing.ts'
import { keepCosignatures } from '../../src/store/cosignatures.ts'
import { newestCheckpoint } from '../../src/store/journal.ts'
import type { ApplianceSettings } from '../../src/settings.ts'
import { box } from '../seal-certificate/setting.ts'

/** A box may be told to take no more deposits once its acts have gone unwitnessed for too long. */
const HOUR_MS = 3_600_000

async function driven(t: Test, settings: Partial<ApplianceSettings>) {
  const setting = await box(t, settings)
  const { world, clock, vault, token } = setting
  return {
    clock,
    /** A witness countersigns the newest checkpoint. */
    async witness() {
      const head = await newestCheckpoint(world.box.database)
      const size = head?.size ?? 0
      const timestamp = Math.floor(clock.nowMs() / 1000)
      const by = { name: 'centre.example/w', keyId: Buffer.alloc(4, 7), type: 4, line: '-' }
      await keepCosignatures(world.box.database, [{ size, timestamp, ...by }], clock.nowMs())
    },
    deposit: async () => {
      const body = new FormData()
      body.append('metadata', JSON.stringify({ title: 'facture' }))
      body.append('file', new Blob(['bytes']), 'facture.txt')
      const answer = await world.call('POST', `/vaults/${vault}/objects`, { token, body })
      return { status: answer.status, body: (await answer.json()) as unknown }
    },
    since: () => unwitnessedSince(world.box.database, 1),
    async newestTrace() {
      const answer = await world.call('GET', '/journal?limit=1', { token })
      return ((await answer.json()) as { items: Record<string, unknown>[] }).items[0]
    },
  }
}

await t.test('deposits go on until the limit, then are refused, and journalled', async (t) => {
  const { clock, ...its } = await driven(t, { witnessing: { refuseAfterHours: 2 } })
  await its.witness()
  t.equal(await its.since(), undefined)
  clock.advance(10 * HOUR_MS)
  t.match(await its.deposit(), { status: 201 }, 'a quiet box is not late')
  const waitsMs = clock.nowMs() - ((await its.since()) ?? 0)
  t.ok(waitsMs >= 0 && waitsMs < 60_000, `${waitsMs} ms, with the seal that was due meanwhile`)
  clock.advance(2 * HOUR_MS - 60_000)
  t.match(await its.deposit(), { status: 201 })
  clock.advance(70_000)
  t.match(await its.deposit(), { status: 503, body: { type: /unwitnessed$/ } })
  t.match(await its.newestTrace(), {
    act: 'deposit',
    outcome: 'failed',
    data: { reason: 'unwitnessed' },
  })
  await its.witness()
  clock.advance(10_000)
  t.match(await its.deposit(), { status: 201 }, 'the next cosignature lifts it')
})

await t.test('a box without the limit goes on', async (t) => {
  const { clock, deposit } = await driven(t, {})
  clock.advance(9000 * HOUR_MS)
  t.match(await deposit(), { status: 201 })
})
