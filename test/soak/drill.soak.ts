import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@probant/host'
import t from 'tap'
import { freePorts } from '../../provisioning/src/drill/ports.ts'
import { Specimen } from '../../provisioning/src/drill/specimen.ts'

/** The whole catalogue of attacks on copies of a fresh installation. */
t.setTimeout(60 * 60_000)

const home = await mkdtemp(join(tmpdir(), 'probant-drilled-'))
const demo = new Specimen(home, await freePorts(), systemClock)
t.teardown(async () => {
  await demo.stop()
  await rm(home, { recursive: true })
})
await demo.start()
const command = new URL('../../provisioning/cli/probant.ts', import.meta.url).pathname
const { status } = spawnSync(process.execPath, [command, 'drill'], {
  env: { ...process.env, PROBANT_HOME: home },
  stdio: ['ignore', 'inherit', 'inherit'],
})
t.equal(status, 0, 'every attack is caught, and nobody honest is accused')
