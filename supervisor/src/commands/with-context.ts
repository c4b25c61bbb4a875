import { createLogger, readSettings, systemClock, systemRandomness } from '@probant/host'
import type { Context } from '../context.ts'
import { closeContext, openContext } from '../open-context.ts'
import { Settings } from '../settings.ts'

/** Works beside a centre, running or not: the same tables, files and keys. */
export async function withContext<T>(
  settingsFile: string,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  const settings = await readSettings(Settings, settingsFile)
  const logger = createLogger({ component: 'supervisor', level: 'silent' })
  const world = { clock: systemClock, randomness: systemRandomness, logger }
  const context = await openContext(settings, world)
  try {
    return await work(context)
  } finally {
    await closeContext(context)
  }
}
