import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock, Logger, Randomness } from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool, migrate } from '@probant/postgres'
import type { Context } from './context.ts'
import { createFigures } from './figures.ts'
import type { Settings } from './settings.ts'
import { openCentreKeys } from './signing/centre-keys.ts'
import { openByteStore } from './store/byte-store.ts'
import { waitForTurn } from './store/presence.ts'

/** What the outside world is to a centre; tests drive it. */
export interface World {
  clock: Clock
  randomness: Randomness
  logger: Logger
}

/**
 * Brings the tables to the newest version as their owner, then opens everything with the rights of the service alone.
 * @throws SupervisorError `not-initialised`, PostgresError, KeyError
 */
export async function openContext(settings: Settings, world: World): Promise<Context> {
  await prepareTables(settings, world.logger)
  await mkdir(settings.home, { recursive: true, mode: 0o700 })
  const provider = await openProvider(settings.keys, world.randomness)
  if (provider.warning !== undefined) world.logger.warn(provider.warning)
  const keys = await openCentreKeys(provider, settings.centreName)
  const { owner, service, ...place } = settings.database
  const sinceBootMs = () => world.clock.nowMs() - world.clock.monotonicMs()
  const atStartMs = sinceBootMs()
  return {
    ...world,
    clockSetMs: () => sinceBootMs() - atStartMs,
    settings,
    database: createPool({
      ...place,
      ...service,
      max: 16,
      applicationName: 'supervisor',
      logger: world.logger,
    }),
    bytes: await openByteStore(join(settings.home, 'bytes')),
    keys,
    crypto: nodeCrypto,
    figures: createFigures(),
    wake: () => undefined,
  }
}

/** Migrations and the service role's rights, as the owner. */
export async function prepareTables(settings: Settings, logger: Logger): Promise<void> {
  const { owner, service, ...place } = settings.database
  const folder = join(import.meta.dirname, '../migrations')
  await migrate({ ...place, ...owner, folder, logger })
  const asOwner = createPool({ ...place, ...owner, max: 1, logger })
  try {
    // At once, so that a front end that runs already never lacks a right; one after the other, where several start together.
    await asOwner.transaction(async (client) => {
      await waitForTurn(client)
      for (const grant of [
        'grant_to_service',
        'grant_attestation_to_service',
        'grant_head_log_to_service',
        'grant_usage_to_service',
      ])
        await client.query(`SELECT centre.${grant}($1)`, [service.user])
    })
  } finally {
    await asOwner.close()
  }
}

export async function closeContext(context: Context): Promise<void> {
  await context.keys.close()
  await context.database.close()
}
