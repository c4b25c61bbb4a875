import { emptyJournalState, JournalVerifier, type Finding } from '@probant/evidence'
import type { Context } from '../context.ts'
import {
  alertCheckpointsAfter,
  readAlertTraces,
  type AlertJournal,
} from '../store/alert-journal.ts'
import type { Difference } from './difference.ts'

const CHECKPOINTS_AT_ONCE = 1000
const TRACES_AT_ONCE = 1000

export interface AlertJournalAudit {
  readonly origin: string
  readonly traces: number
  readonly checkpoints: number
  readonly differences: readonly Difference[]
}

/** Recomputes the centre's own journal from its stored bytes, with every checkpoint signed over it. */
export async function auditAlertJournal(
  context: Context,
  journal: AlertJournal,
): Promise<AlertJournalAudit> {
  const { crypto, database, keys } = context
  const { origin, tenantId } = journal
  const verifier = new JournalVerifier(crypto, emptyJournalState(crypto, origin))
  const findings: Finding[] = []
  let [checkpoints, read] = [0, 0]
  const readUpTo = async (size: number) => {
    while (read < size) {
      const end = Math.min(size, read + TRACES_AT_ONCE)
      for (const bytes of await readAlertTraces(database, tenantId, read, end))
        findings.push(...verifier.append(bytes))
      read = end
    }
  }
  for (let after = 0; ;) {
    const page = await alertCheckpointsAfter(database, tenantId, after, CHECKPOINTS_AT_ONCE)
    for (const { size, note } of page) {
      await readUpTo(size)
      if (findings.every(isHarmless))
        findings.push(...(await verifier.checkpoint(note, [keys.alertJournalKey])))
      checkpoints += 1
      after = size
    }
    if (page.length < CHECKPOINTS_AT_ONCE) break
  }
  // The newest entries may not be under a checkpoint yet.
  await readUpTo(journal.state.size)
  findings.push(...verifier.finish())
  const differences = findings
    .filter((finding) => !isHarmless(finding))
    .map(({ seq, expected, found }) => ({ place: origin, seq, expected, found }))
  if (differences.length === 0 && verifier.size !== journal.state.size)
    differences.push({
      place: origin,
      seq: verifier.size,
      expected: `${journal.state.size} entries, as counted`,
      found: `${verifier.size}`,
    })
  return { origin, traces: verifier.size, checkpoints, differences: differences.slice(0, 1) }
}

/** What a centre that was away, or whose clock was set, leaves behind. */
const isHarmless = ({ kind }: Finding): boolean =>
  kind === 'clock-regression' || kind === 'missing-seal'
