import { parseArgs } from 'node:util'
import {
  createLogger,
  guardMemory,
  notifySystemd,
  onShutdown,
  readSettings,
  systemClock,
  systemRandomness,
  watchdogIntervalMs,
} from '@probant/host'
import { startCentre } from './centre.ts'
import { Settings } from './settings.ts'

/** Runs a supervision centre: `node supervisor/src/main.ts --settings FILE`. */
const { values } = parseArgs({ options: { settings: { type: 'string' } } })
if (values.settings === undefined) {
  process.stderr.write('usage: main.ts --settings FILE\n')
  process.exit(2)
}

const logger = createLogger({ component: 'supervisor' })
for (const shortfall of guardMemory()) logger.warn(shortfall)

/** An unknown commit state or broken invariant: end now, recover by starting. */
function halt(error: unknown): never {
  logger.fatal({ err: error }, 'the centre ends and is to be started again')
  process.exit(1)
}

process.on('uncaughtException', halt)
process.on('unhandledRejection', halt)

try {
  const settings = await readSettings(Settings, values.settings)
  const world = { clock: systemClock, randomness: systemRandomness, logger }
  const centre = await startCentre(settings, world, halt)
  onShutdown(() => centre.stop(), { timeoutMs: 20_000, logger })
  const { http, ssh } = centre.ports
  logger.info({ http, ssh }, 'the centre watches')
  notifySystemd({ ready: true, status: `pages on ${http}, agents on ${ssh}` }, logger)
  const watchdogMs = watchdogIntervalMs()
  if (watchdogMs !== undefined)
    setInterval(() => notifySystemd({ watchdog: true }, logger), watchdogMs)
} catch (error) {
  halt(error)
}
