import { endRecordedParts, readRecord } from './record.ts'
import { gone } from './stop.ts'

/** The guardian of a launcher that was killed may be at work still. */
const GUARDIAN_AT_WORK_MS = 60_000

/**
 * Ends whatever an earlier launcher left running on this folder. Called under the folder's lock, so no
 * launcher is at work on it. A PostgreSQL that was just coming up, and is recorded nowhere yet, is
 * found by @probant/postgres through its own pid file.
 * @returns the names of the parts that this call had to end itself
 */
export async function endLeftovers(record: string): Promise<string[]> {
  const guardian = readRecord(record)?.guardian
  if (guardian !== undefined) await gone(guardian, GUARDIAN_AT_WORK_MS)
  return endRecordedParts(record)
}
