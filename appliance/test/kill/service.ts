/**
 * The vault service as it is, in a process that ends itself by SIGKILL at a given passage of a given step:
 * `service.ts SETTINGS PLAN [quick]`; a quick one waits a fiftieth of what it would. Tells its parent the port when it is ready; counts passages from the message `count` on.
 */
import { createLogger, readSettings, systemClock, systemRandomness } from '@probant/host'
import { openProvider } from '@probant/keys'
import { createPool } from '@probant/postgres'
import { flushCompileCache } from 'node:module'
import { serve } from '../../src/service.ts'
import { ApplianceSettings } from '../../src/settings.ts'
import { ObjectFiles } from '../../src/store/files.ts'
import { interposedDatabase } from '../interposed/database.ts'
import { interposedDisk } from '../interposed/disk.ts'
import { quickClock } from '../interposed/clock.ts'
import type { Hooks, Step } from '../interposed/hooks.ts'
import { interposedKeys } from '../interposed/keys.ts'
import type { Kill, Moment } from './plan.ts'

const [settingsFile = '', planText = 'null', pace] = process.argv.slice(2)
const plan = JSON.parse(planText) as Kill | null

function endHere(): never {
  process.kill(process.pid, 'SIGKILL')
  // The signal is delivered before this returns; should that ever change, nothing more is done.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

class Killing implements Hooks {
  #passages = 0
  #isCounting = plan?.counts === 'from the start'

  count(): void {
    this.#isCounting = true
  }

  before(step: Step): Promise<void> {
    if (!this.#isCounting || step !== plan?.step) return Promise.resolve()
    this.#passages += 1
    this.#endAt('before')
    if (plan.moment === 'during' && this.#passages === plan.call) setTimeout(endHere, plan.delayMs)
    return Promise.resolve()
  }

  after(step: Step): Promise<void> {
    if (step === plan?.step) this.#endAt('after')
    return Promise.resolve()
  }

  #endAt(moment: Moment): void {
    if (plan?.moment === moment && this.#passages >= plan.call) endHere()
  }
}

const hooks = new Killing()
process.on('message', () => hooks.count())
process.on('disconnect', () => process.exit(0))
const settings = await readSettings(ApplianceSettings, settingsFile)
const log = createLogger({ component: 'appliance' })
const { service, owner, ...place } = settings.database
const { api, administrationPort } = await serve({
  settings,
  log,
  clock: pace === 'quick' ? quickClock : systemClock,
  keys: interposedKeys(await openProvider(settings.keys, systemRandomness), hooks),
  database: interposedDatabase(createPool({ ...place, ...service, max: 16, logger: log }), hooks),
  files: new ObjectFiles(settings.home, interposedDisk(hooks)),
})
api.server.on('request', (request, response) => {
  if (request.method !== 'POST' || request.url?.endsWith('/objects') !== true) return
  const writeHead = new Proxy(response.writeHead.bind(response), {
    apply(target, _self, given): unknown {
      if (given[0] === 201 || response.statusCode === 201) void hooks.before('receipt')
      return Reflect.apply(target, undefined, given)
    },
  })
  Object.assign(response, { writeHead })
  response.on('finish', () => {
    if (response.statusCode === 201) void hooks.after('receipt')
  })
})
// it won't come to do so by itself
flushCompileCache()
const address = api.server.address()
process.send?.({
  port: typeof address === 'object' && address !== null ? address.port : 0,
  administrationPort,
})
