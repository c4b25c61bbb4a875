import { emptyJournalState, encodeSegment, JournalVerifier } from '@probant/evidence'
import type { Context } from '../context.ts'
import { alertCheckpoint, alertJournals, readAlertTraces } from '../store/alert-journal.ts'

const MOST_TRACES = 1000

/**
 * A segment of the alert journal (formats.md section 12) that starts at an entry and ends under the largest checkpoint within
 * reach. What precedes is read again for the header, so that a verifier can go on from it.
 * @returns undefined when nothing signed starts there
 */
export async function exportSegment(
  context: Context,
  tenantId: string,
  start: number,
): Promise<{ bytes: Uint8Array; end: number } | undefined> {
  const { database, crypto } = context
  const journal = (await alertJournals(database)).find((one) => one.tenantId === tenantId)
  const checkpoint = await alertCheckpoint(database, tenantId, start + 1, start + MOST_TRACES)
  if (journal === undefined || checkpoint === undefined) return undefined
  const before = new JournalVerifier(crypto, emptyJournalState(crypto, journal.origin))
  for (let from = 0; from < start; from += MOST_TRACES) {
    const upTo = Math.min(start, from + MOST_TRACES)
    for (const bytes of await readAlertTraces(database, tenantId, from, upTo)) before.append(bytes)
  }
  before.finish()
  const { state } = before
  const bytes = encodeSegment({
    origin: journal.origin,
    start,
    prev: state.prev,
    range: state.range.hashes(),
    sha3Chain: state.sha3.head,
    sha3Range: state.sha3.range.hashes(),
    traces: await readAlertTraces(database, tenantId, start, checkpoint.size),
    checkpoint: checkpoint.note,
  })
  return { bytes, end: checkpoint.size }
}
