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
  type Logger,
} from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool } from '@probant/postgres'
import { administrationServer } from '@probant/web'
import { Agent } from './agent.ts'
import { Platform } from './attestation/platform.ts'
import { messageOf } from './errors.ts'
import { controlServer } from './http/control.ts'
import { settingsSchema } from './settings.ts'
import { sshKeyOf } from './ssh/signing-key.ts'

const SHUTDOWN_MS = 10_000
const CONNECTIONS = 4

/** Starts the agent; resolves when it serves. */
async function start(settingsFile: string, logger: Logger): Promise<void> {
  for (const shortfall of guardMemory()) logger.warn(shortfall)
  const settings = await readSettings(settingsSchema, settingsFile)
  const provider = await openProvider(settings.keys)
  if (provider.warning !== undefined) logger.warn(provider.warning)
  const key = settings.centre === null ? undefined : await sshKeyOf(provider)
  const { database: connection } = settings
  const database = createPool({
    ...connection,
    max: CONNECTIONS,
    applicationName: 'probant-agent',
    logger,
  })
  const stopping = new AbortController()
  const { attestation } = settings
  const platform = attestation && new Platform(attestation)
  const agent = await Agent.open({
    settings,
    platform,
    key,
    database,
    logger,
    crypto: nodeCrypto,
    clock: systemClock,
    randomness: systemRandomness,
    stopping: stopping.signal,
  })
  const control = await controlServer(
    settings.controlSocket,
    {
      ship: () => agent.ship(),
      status: () => agent.status(),
      takeReceipt: (note) => agent.takeReceipt(note),
      centreLog: () => agent.centreLog(),
      compareCentreLog: (note) => agent.compareCentreLog(note),
      acceptCentreRestore: (reason) => agent.acceptCentreRestore(reason),
    },
    logger,
  )
  const administration = await administrationServer({
    ...settings.administration,
    logger,
    registry: agent.registry,
    ready: () => agent.ready(),
  })
  const running = agent.run()
  const stop = async () => {
    stopping.abort()
    await control.close()
    await running
    await administration.close()
    await database.close()
    await provider.close()
    await platform?.close()
  }
  onShutdown(stop, { timeoutMs: SHUTDOWN_MS, logger })
  watchdog(logger)
  notifySystemd({ ready: true, status: `watching ${settings.origin}` }, logger)
  logger.info({ origin: settings.origin, administration: administration.port }, 'agent ready')
}

/** Tells the service manager that the event loop still turns. */
function watchdog(logger: Logger): void {
  const everyMs = watchdogIntervalMs()
  if (everyMs === undefined) return
  setInterval(() => notifySystemd({ watchdog: true }, logger), everyMs).unref()
}

const logger = createLogger({ component: 'agent' })
const { values } = parseArgs({ options: { settings: { type: 'string' } } })
if (values.settings === undefined) {
  process.stderr.write('usage: main.ts --settings FILE\n')
  process.exitCode = 2
} else {
  await start(values.settings, logger).catch((error: unknown) => {
    logger.fatal({ err: error }, `the agent can't start: ${messageOf(error)}`)
    process.exit(1)
  })
}
