import { createLogger, notifySystemd, onShutdown, readSettings } from '@probant/host'
import { administrationServer } from '@probant/web'
import { parseArgs } from 'node:util'
import { openBox } from './box.ts'
import { createApi } from './http/server.ts'
import { serveLocally } from './local/server.ts'
import { ApplianceSettings } from './settings.ts'

/** Exit status of a process that no longer knows the journal's state: restart it, it recovers. */
const RESTART_TO_RECOVER = 75

/** Runs the vault service until a signal: `main.ts --settings FILE`. */
export async function runService(args: string[]): Promise<void> {
  const log = createLogger({ component: 'appliance' })
  const { values } = parseArgs({ args, options: { settings: { type: 'string' } } })
  if (values.settings === undefined) {
    log.fatal('usage: main.ts --settings FILE')
    process.exit(2)
  }
  const settings = await readSettings(ApplianceSettings, values.settings)
  const box = await openBox({
    settings,
    log,
    fatal: (error) => {
      log.fatal({ err: error }, 'the journal’s state is unknown: stopping, the restart recovers')
      // Answers under way get their error first.
      setTimeout(() => process.exit(RESTART_TO_RECOVER), 100)
    },
  })
  if (box.keys.warning !== undefined) log.warn(box.keys.warning)
  const api = await createApi(box)
  const administration = await administrationServer({
    logger: log,
    ...settings.administration,
    registry: box.metrics,
    ready: async () => {
      await box.database.query('SELECT 1')
      const stopped = box.journal.stoppedBecause
      return stopped === undefined
        ? { ready: true }
        : { ready: false, missing: [`the journal: ${stopped.message}`] }
    },
  })
  const local = await serveLocally(box)
  await api.listen(settings.listen)
  onShutdown(
    async () => {
      await api.close()
      await local.close()
      await administration.close()
      await box.close()
    },
    { timeoutMs: 15_000, logger: log },
  )
  notifySystemd({ ready: true, status: 'serving' }, log)
  log.info({ origin: box.journal.origin, size: box.journal.size }, 'the vault service is ready')
}
