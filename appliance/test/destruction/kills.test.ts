import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Step } from '../interposed/hooks.ts'
import { Inspection } from '../kill/inspection.ts'
import type { Moment } from '../kill/plan.ts'
import { startProcess } from '../kill/process.ts'
import { depositIn, destroyingWorld } from './setting.ts'

// The service is ended by SIGKILL at each step of a destruction: the object is there whole, or destroyed whole after the next start.

const points: readonly { step: Step; moment: Moment; isDestroyed: boolean }[] = [
  { step: 'traces', moment: 'before', isDestroyed: false },
  { step: 'commit', moment: 'before', isDestroyed: false },
  { step: 'commit', moment: 'after', isDestroyed: true },
  { step: 'checkpoint-signature', moment: 'before', isDestroyed: true },
  { step: 'object-removal', moment: 'before', isDestroyed: true },
  { step: 'object-removal', moment: 'after', isDestroyed: true },
]

const { world, vault, token, manager } = await destroyingWorld()
const { home } = world.settings
const ids: string[] = []
for (let n = 0; n < points.length; n += 1)
  ids.push(await depositIn(world, vault, token, {}, `document ${n}`))
await world.stop()
const inspection = new Inspection(world)
t.teardown(async () => {
  await inspection.close()
  await world.close()
})

await t.test('killed at each step, an object is there or destroyed, never half', async (t) => {
  for (const [at, { step, moment }] of points.entries()) {
    const kill = { step, moment, call: 1, counts: 'when told', delayMs: 0 } as const
    const logFile = join(home, 'service.log')
    const settingsFile = join(home, 'settings.json')
    const service = await startProcess({ settingsFile, logFile, kill })
    service.count()
    const url = `http://127.0.0.1:${service.port ?? 0}/api/v1/vaults/${vault}/objects/${ids[at] ?? ''}`
    const headers = { authorization: `Bearer ${manager}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ reason: 'killed' })
    const answered = await fetch(url, { method: 'DELETE', headers, body }).then(
      ({ status }) => status,
      () => undefined,
    )
    t.equal(answered, undefined, 'nobody was told anything')
    t.match(await service.ended, { signal: 'SIGKILL' }, `${moment} ${step}`)
  }
})

await t.test('the next start ends what was begun', async (t) => {
  await world.restart()
  t.same(await inspection.differences(), [])
  const kept = ids.filter((_, at) => points[at]?.isDestroyed === false)
  for (const [at, id] of ids.entries()) {
    const answer = await world.call('GET', `/vaults/${vault}/objects/${id}/content`, { token })
    const { isDestroyed } = points[at] ?? {}
    t.equal(answer.status, isDestroyed === true ? 410 : 200, JSON.stringify(points[at]))
    if (isDestroyed === true) continue
    t.equal(await answer.text(), `document ${at}`)
    const path = `/vaults/${vault}/objects/${id}`
    const again = await world.call('DELETE', path, { token: manager, json: { reason: 'again' } })
    t.equal(again.status, 200)
  }
  t.equal(kept.length, 2)
  const files = await readdir(join(home, 'store', 'objects'), { recursive: true })
  t.same(
    files.filter((name) => name.length > 2),
    [],
  )
  t.same(await inspection.differences(), [])
})
