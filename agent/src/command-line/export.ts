import { createLogger, systemClock } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import { createPool } from '@probant/postgres'
import { Appliance, type Recomputation } from '../appliance/appliance.ts'
import { AgentError } from '../errors.ts'
import { Positions } from '../journal/positions.ts'
import { Memory } from '../memory/memory.ts'
import type { AgentSettings } from '../settings.ts'
import { exportSegments, type ExportReport } from '../shipment/export.ts'
import { JournalReader } from '../store/journal.ts'
import { positionsPath } from '../supervised.ts'

/**
 * Exports from the box's database, whether or not an agent runs. As before a shipment the box first recomputes itself; where
 * the appliance doesn't answer, the report says so by `recomputation: null`.
 * @param from first trace; by default what follows the newest audit receipt
 */
export async function exportFromBox(
  settings: AgentSettings,
  folder: string,
  from: number | undefined,
): Promise<ExportReport> {
  const { boxId, origin } = settings
  const logger = createLogger({ component: 'agent', level: 'silent' })
  const database = createPool({ ...settings.database, max: 1, logger })
  try {
    const journal = new JournalReader(database)
    const memory = await Memory.open(settings.home, origin, systemClock)
    const positions = new Positions(nodeCrypto, journal, positionsPath(settings))
    await positions.load()
    const start = from ?? memory.state.receipt?.size ?? 0
    const recomputation = await recompute(settings.applianceSocket)
    const parts = { boxId, origin, journal, positions, clock: systemClock }
    return await exportSegments(parts, folder, start, recomputation)
  } finally {
    await database.close()
  }
}

async function recompute(applianceSocket: string): Promise<Recomputation | null> {
  try {
    return await new Appliance(applianceSocket, new AbortController().signal).recompute()
  } catch (error) {
    if (error instanceof AgentError) return null
    throw error
  }
}
