import { createLogger, guardMemory, notifySystemd, onShutdown, readSettings } from '@probant/host'
import { migrate, UnknownCommitState } from '@probant/postgres'
import { administrationServer, type Server } from '@probant/web'
import { parseArgs } from 'node:util'
import { openBox, type Box, type BoxOptions } from './box.ts'
import { serveConsole } from './console/server.ts'
import { serveNetwork } from './http/network.ts'
import { createApi } from './http/server.ts'
import { serveLocally } from './local/server.ts'
import { ApplianceSettings } from './settings.ts'

/** Exit status of a process that no longer knows the journal's state: restart it, it recovers. */
const RESTART_TO_RECOVER = 75

const MIGRATIONS = new URL('../migrations', import.meta.url).pathname

/** A vault service that answers. */
export interface Service {
  readonly box: Box
  readonly api: Server
  /** Port of `/readyz`, `/healthz` and `/metrics`. */
  readonly administrationPort: number
}

/** Runs the vault service until a signal: `main.ts --settings FILE`. */
export async function runService(args: string[]): Promise<void> {
  const log = createLogger({ component: 'appliance' })
  for (const shortfall of guardMemory()) log.warn(shortfall)
  const { values } = parseArgs({ args, options: { settings: { type: 'string' } } })
  if (values.settings === undefined) {
    log.fatal('usage: main.ts --settings FILE')
    process.exit(2)
  }
  const settings = await readSettings(ApplianceSettings, values.settings)
  await serve({ settings, log })
}

/**
 * Opens the box and serves it in this process, which ends with a signal, or with status 75 when only a restart can tell what the
 * journal holds, or whenever it can't start.
 */
export async function serve(options: Omit<BoxOptions, 'fatal'>): Promise<Service> {
  const { settings, log } = options
  try {
    return await start(options, (error) => {
      log.fatal({ err: error }, 'the journal’s state is unknown: stopping, the restart recovers')
      // Answers under way get their error first.
      setTimeout(() => process.exit(RESTART_TO_RECOVER), 100)
    })
  } catch (error) {
    log.fatal({ err: error, home: settings.home }, 'the vault service could not start')
    return process.exit(mayHelpToRestart(error) ? RESTART_TO_RECOVER : 1)
  }
}

const mayHelpToRestart = (error: unknown): boolean =>
  error instanceof UnknownCommitState ||
  (error instanceof Error &&
    (('fault' in error && error.fault === 'retryable') ||
      ('kind' in error && error.kind === 'retryable')))

async function start(
  options: Omit<BoxOptions, 'fatal'>,
  fatal: BoxOptions['fatal'],
): Promise<Service> {
  const { settings, log } = options
  // tables of a version before this one
  const { owner, service: _, ...place } = settings.database
  await migrate({ ...place, ...owner, folder: MIGRATIONS, logger: log })
  const box = await openBox({ ...options, fatal })
  if (box.keys.warning !== undefined) log.warn(box.keys.warning)
  const api = await createApi(box)
  const local = await serveLocally(box)
  const console = await serveConsole(box)
  await api.listen(settings.listen)
  const network = settings.network && (await serveNetwork(box, api, settings.network))
  // Last: who asks whether the service is ready may use it at once.
  const administration = await administrationServer({
    logger: log,
    ...settings.administration,
    registry: box.metrics,
    ready: async () => {
      await box.database.query('SELECT 1')
      const { stoppedBecause, waitsFor } = box.journal
      const journal = stoppedBecause?.message ?? waitsFor
      const deposits = box.signerWatch.waitsFor
      const missing = [
        ...(journal === undefined ? [] : [`the journal: ${journal}`]),
        ...(deposits === undefined ? [] : [`deposits: ${deposits}`]),
      ]
      return missing.length === 0 ? { ready: true } : { ready: false, missing }
    },
  })
  onShutdown(
    async () => {
      await network?.close()
      await api.close()
      await local.close()
      await console.close()
      await administration.close()
      await box.close()
    },
    { timeoutMs: 15_000, logger: log },
  )
  notifySystemd({ ready: true, status: 'serving' }, log)
  log.info({ origin: box.journal.origin, size: box.journal.size }, 'the vault service is ready')
  return { box, api, administrationPort: administration.port }
}
