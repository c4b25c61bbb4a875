import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex } from '@probant/evidence'
import { createLogger, systemClock, writeDurably } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import { createPool } from '@probant/postgres'
import {
  ATTESTATION_FILE,
  DEFAULT_PCRS,
  formatAttestationFile,
  receiptNonce,
} from '@probant/shipping'
import { Appliance, type Recomputation } from '../appliance/appliance.ts'
import { readEnrolmentNonce } from '../attestation/enrolment-nonce.ts'
import { Platform } from '../attestation/platform.ts'
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
    await mkdir(folder, { recursive: true })
    const attestation = await attest(settings, folder, memory.state.receipt)
    const parts = { boxId, origin, journal, positions, clock: systemClock }
    return await exportSegments(parts, folder, start, recomputation, attestation)
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

/** A quote over the nonce that the last receipt carried, before the first over the enrolment's; what keeps it from being made is told. */
async function attest(
  settings: AgentSettings,
  folder: string,
  receipt: Memory['state']['receipt'],
): Promise<ExportReport['attestation']> {
  const { attestation: given, origin, home } = settings
  if (given === undefined) return null
  const nonce = receipt === null ? await readEnrolmentNonce(home) : receiptNonce(receipt.note)
  if (nonce === undefined)
    return { missing: 'no receipt was taken yet, and no enrolment kept a nonce' }
  const platform = new Platform(given)
  try {
    const pcrs = given.pcrs ?? DEFAULT_PCRS
    const attestation = await platform.attest(fromHex(nonce), pcrs)
    const name = `${origin.replaceAll('/', '_')}${ATTESTATION_FILE}`
    const over = receipt?.size ?? 0
    await writeDurably(join(folder, name), formatAttestationFile({ origin, over, attestation }))
    return { name }
  } catch (error) {
    if (!(error instanceof AgentError)) throw error
    return { missing: error.message }
  } finally {
    await platform.close()
  }
}
