import { toHex } from '@probant/evidence'
import type { Pace } from '@probant/host'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { alertJournals } from '../store/alert-journal.ts'
import { findingEvidence } from '../store/findings.ts'
import { findOrigin, originNames } from '../store/origins.ts'
import { auditAlertJournal, type AlertJournalAudit } from './alert-journal.ts'
import { auditHeadLog, type HeadLogAudit } from './head-log.ts'
import type { Difference } from './difference.ts'
import { auditOrigin } from './origin.ts'
import type { OriginPosition, Position, RecomputedOrigin } from './position.ts'

export interface Audit {
  readonly begun: string
  readonly origins: readonly RecomputedOrigin[]
  readonly alertJournals: readonly Omit<AlertJournalAudit, 'differences'>[]
  /** The centre's logs of the heads that it cosigned. */
  readonly headLogs: readonly Omit<HeadLogAudit, 'differences'>[]
  /** Bytes kept with findings that were compared with their digests. */
  readonly evidence: number
  readonly differences: readonly Difference[]
  readonly intact: boolean
}

export interface AuditPass {
  readonly pace: Pace
  /** Where it begins, or where it was interrupted. */
  readonly from: Position
  readonly reached: (position: Position) => Promise<void>
}

/**
 * Recomputes from stored bytes all that this centre vouches for: every trace of every box, receipts, cosigned heads, the bytes that
 * findings are kept with, its own journal and its log of what it cosigned. Changes nothing. What the pace throws comes through.
 */
export async function audit(context: Context, { pace, from, reached }: AuditPass): Promise<Audit> {
  let at = from
  for (const name of await originNames(context.database, from.boxes)) {
    if (at.done.some(({ origin }) => origin === name)) continue
    const origin = await findOrigin(context.database, name)
    if (origin === undefined) continue
    const { differences, ...counted } = await auditOrigin(context, origin, {
      pace,
      from: at.current?.origin === name ? at.current : undefined,
      reached: (current: OriginPosition) => reached({ ...at, current }),
    })
    at = {
      ...at,
      done: [...at.done, { origin: name, ...counted }],
      differences: [...at.differences, ...differences],
      current: null,
    }
    await reached(at)
  }
  const differences: Difference[] = [...at.differences]
  const own: Omit<AlertJournalAudit, 'differences'>[] = []
  const headLogs: Omit<HeadLogAudit, 'differences'>[] = []
  let evidence = 0
  if (from.boxes.length === 0) {
    for (const journal of await alertJournals(context.database)) {
      const { differences: found, ...counted } = await auditAlertJournal(context, journal)
      own.push(counted)
      differences.push(...found)
      const log = await auditHeadLog(context, journal.tenantId)
      if (log === undefined) continue
      const { differences: inLog, ...entries } = log
      headLogs.push(entries)
      differences.push(...inLog)
    }
    for (const { boxId, findingId, sha256 } of await findingEvidence(context.database)) {
      evidence += 1
      const found = await missing(context, sha256)
      if (found !== undefined)
        differences.push({
          place: boxId,
          seq: null,
          expected: `the bytes ${toHex(sha256)} kept with finding ${findingId}`,
          found,
        })
    }
  }
  return {
    begun: from.begun,
    origins: at.done,
    alertJournals: own,
    headLogs,
    evidence,
    differences,
    intact: differences.length === 0,
  }
}

/** What is wrong with stored bytes; undefined when they are what was stored. */
async function missing({ bytes }: Context, sha256: Uint8Array): Promise<string | undefined> {
  try {
    await bytes.get(sha256)
    return undefined
  } catch (error) {
    if (error instanceof SupervisorError && error.code === 'stored-bytes-altered')
      return error.message
    throw error
  }
}
