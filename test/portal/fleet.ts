import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { TestCentre, type Followed } from '../../supervisor/test/support/centre.ts'

const run = promisify(execFile)
const project = new URL('../../', import.meta.url).pathname

/** A centre that serves its pages, built from what is there now. */
export async function centreWithPages(t: Test): Promise<{ centre: TestCentre; address: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'probant-pages-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const pages = join(folder, 'pages')
  await run(process.execPath, [
    join(project, 'provisioning/src/pages/builder.ts'),
    join(project, 'supervisor/portal'),
    pages,
  ])
  const centre = await TestCentre.start(t)
  centre.settings.portalFolder = pages
  await centre.restart()
  return { centre, address: `http://localhost:${centre.centre.ports.http}` }
}

/** Boxes that are well, one that went silent, one that signed two histories; a night and a maintenance lie behind them. */
export async function fillFleet(centre: TestCentre): Promise<Followed> {
  const schedule = { start: '12:30', end: '12:40', graceMinutes: 5 }
  const forked = await centre.follow('mairie-de-lyon', { ...schedule, everySeconds: 600 })
  const silent = await centre.follow('notaire-durand', { ...schedule, everySeconds: 60 })
  const calm = await centre.follow('hopital-nord', { ...schedule, everySeconds: 600 })
  for (const box of [forked, silent, calm]) {
    box.box.acts(3)
    box.box.seal()
    await centre.head(box)
    await centre.ship(box)
  }
  await centre.pass(10 * 60_000)
  for (const box of [forked, calm]) {
    box.box.act()
    await centre.head(box)
  }
  await centre.pass(25 * 60_000)
  await centre.ship(calm)
  await centre.ship(forked)
  await centre.pass(15 * 60_000)
  const twin = forked.box.copy()
  twin.rewind(4)
  twin.acts(2, { act: 'other' })
  const agent = await centre.connect({ ...forked, box: twin })
  await agent.head(twin).catch(() => undefined)
  return forked
}
