import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { createWorld, staff } from '../world.ts'
import { depositUntilGone, type Answers } from './clients.ts'
import { Inspection } from './inspection.ts'
import { seeded } from './plan.ts'
import { startProcess } from './process.ts'

const world = await createWorld()
const somebody = await staff(world)
await world.stop()
const { home } = world.settings
const inspection = new Inspection(world)
t.setTimeout(120_000)
t.teardown(async () => {
  await inspection.close()
  await world.close()
})

void t.test('asked to end under 16 clients, it ends in order, and soon', async (t) => {
  const answers: Answers = { acknowledged: [], unanswered: [], unexpected: [] }
  const mayBe = new Set<string>()
  for (let round = 0; round < 3; round += 1) {
    const service = await startProcess({
      settingsFile: join(home, 'settings.json'),
      logFile: join(home, 'service.log'),
    })
    t.same(await inspection.halves(answers.acknowledged, mayBe), [])
    const before = answers.acknowledged.length
    const load = depositUntilGone(service.port ?? 0, somebody, 16, seeded(round), answers)
    while (answers.acknowledged.length < before + 20) await delay(20)
    t.same(await service.stop(), { code: 0, signal: null }, 'not by its time limit')
    await load
    for (const { key } of answers.unanswered.splice(0)) mayBe.add(key)
    t.same(
      answers.unexpected.splice(0).filter((answer) => !answer.startsWith('503 ')),
      [],
    )
    t.same(await inspection.halves(answers.acknowledged, mayBe), [], 'nothing to recover')
  }
  t.same(await inspection.differences(), [])
})
