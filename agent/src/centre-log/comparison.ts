import { compareHeads, fromBase64, type EvidenceCrypto } from '@probant/evidence'
import type { Centre } from '../centre/centre.ts'
import { AgentError } from '../errors.ts'
import type { LocalFinding } from '../findings/findings.ts'
import { logOf, type CentreLog, type SignedLog } from './centre-log.ts'

/** What came of holding somebody else's view of the centre's log against this box's. */
export interface LogComparison {
  /** `split-view`: two signed heads of one size with two roots. `not-shown`: the centre can't show that one contains the other. */
  result: 'consistent' | 'split-view' | 'not-shown'
  /** Both checkpoints, as the centre signed them. */
  own: string
  other: string
  findings: LocalFinding[]
}

/**
 * Whether another client was shown the log that this box is shown: the centre has to prove that its log of now contains both.
 * @param note a checkpoint that somebody else was shown
 * @throws AgentError `unusable-file` when it is none of this centre's log, or nothing was seen of it here; as a session's questions
 */
export async function compareLogs(
  { centre, log, crypto }: { centre: Centre; log: CentreLog; crypto: EvidenceCrypto },
  note: string,
): Promise<LogComparison> {
  const other = await log.verified(note)
  if (other === undefined)
    throw new AgentError(
      'unusable-file',
      "not a checkpoint of this centre's log, or not signed by it",
    )
  const { seen } = log
  if (seen !== undefined) {
    const held = compareHeads(crypto, logOf(seen.note), other.checkpoint)
    if (held === 'split-view') return contradicted(log, held, seen.note, other)
  }
  const compared = await centre.withSession(async (session) => {
    const findings = await log.check(session)
    if (log.seen === undefined)
      throw new AgentError('unusable-file', 'this centre keeps no log of what it cosigned')
    const answer = await session.log({ size: other.checkpoint.size, heads: [] })
    const now = answer.note === null ? undefined : await log.verified(answer.note)
    if (now === undefined) return contradicted(log, 'not-shown', log.seen.note, other)
    const proof = answer.proof.map(fromBase64)
    const isBehind = now.checkpoint.size < other.checkpoint.size
    const result = compareHeads(crypto, other.checkpoint, now.checkpoint, isBehind ? [] : proof)
    if (result !== 'consistent') return contradicted(log, result, now.note, other)
    return { result, own: now.note, other: note, findings }
  })
  if (compared === undefined) throw new AgentError('stopping', 'the agent is stopping')
  return findingsFirst(compared)
}

/** What the centre showed this box alone speaks as well: a log that this box holds proof against is not consistent. */
function findingsFirst(compared: LogComparison): LogComparison {
  const isContradicted = compared.result === 'consistent' && compared.findings.length > 0
  return isContradicted ? { ...compared, result: 'not-shown' } : compared
}

async function contradicted(
  log: CentreLog,
  result: 'split-view' | 'not-shown',
  own: string,
  other: SignedLog,
): Promise<LogComparison> {
  return { result, own, other: other.note, findings: [await log.split(other.note, own)] }
}
