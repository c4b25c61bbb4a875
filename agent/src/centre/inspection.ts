import { equalBytes, parseAuditReceipt, parseCheckpoint, parseNote, toHex } from '@probant/evidence'
import type { Welcome } from '@probant/shipping'
import type { LocalFinding, LocalFindings } from '../findings/findings.ts'
import type { KnownTree } from '../journal/consistency.ts'
import type { Memory } from '../memory/memory.ts'
import { knownTree } from './known-tree.ts'

/** What the centre said at the beginning of a session, checked against what this box holds proof of. */
export interface InspectedCentre {
  witnessed: KnownTree | null
  audited: KnownTree | null
  findings: LocalFinding[]
}

/**
 * Compares the sizes that the centre announces with the agent's memory. A centre that knows less than it vouched for has
 * been rolled back; one that audited another root has two histories.
 * @throws AgentError `centre-misbehaved` when its notes can't be read
 */
export async function inspect(
  welcome: Welcome,
  origin: string,
  memory: Memory,
  findings: LocalFindings,
): Promise<InspectedCentre> {
  const witnessed = knownTree(welcome.witnessed, origin)
  const audited = knownTree(welcome.audited, origin)
  const found: LocalFinding[] = []
  const { witnessed: cosigned, receipt } = memory.state
  if (cosigned !== null && (witnessed?.size ?? 0) < cosigned.size)
    found.push(
      await reportRollback(findings, 'cosigned', cosigned.size, {
        held: cosigned.note ?? '',
        shown: welcome.witnessed?.note ?? '',
      }),
    )
  found.push(...(await contradictingHeads(welcome, witnessed, memory, findings)))
  if (receipt === null) return { witnessed, audited, findings: found }
  const inReceipts = { held: receipt.note, shown: welcome.audited?.note ?? '' }
  if ((audited?.size ?? 0) < receipt.size)
    found.push(await reportRollback(findings, 'audited', receipt.size, inReceipts))
  const { root } = parseAuditReceipt(receipt.note)
  if (audited?.size === receipt.size && !equalBytes(audited.root, root))
    found.push(
      await findings.report(
        {
          kind: 'supervisor-equivocation',
          seq: null,
          expected: `root ${toHex(root)} at size ${receipt.size}, by its audit receipt`,
          found: `root ${toHex(audited.root)} at that size`,
        },
        inReceipts,
      ),
    )
  return { witnessed, audited, findings: found }
}

/** A head shown now at the size of one that this box was given: with another root, one of both cosignatures is false. */
async function contradictingHeads(
  welcome: Welcome,
  witnessed: KnownTree | null,
  memory: Memory,
  findings: LocalFindings,
): Promise<LocalFinding[]> {
  const { witnessed: cosigned } = memory.state
  if (cosigned?.note === undefined || witnessed?.size !== cosigned.size) return []
  const { root } = parseCheckpoint(parseNote(cosigned.note).text)
  if (equalBytes(root, witnessed.root)) return []
  const finding = await findings.report(
    {
      kind: 'supervisor-equivocation',
      seq: null,
      expected: `root ${toHex(root)} at size ${cosigned.size}, as cosigned`,
      found: `root ${toHex(witnessed.root)} at that size`,
    },
    { held: cosigned.note, shown: welcome.witnessed?.note ?? '' },
  )
  return [finding]
}

/** What it announces now stands in the note: in words it would be another finding at each contact while it grows again. */
function reportRollback(
  findings: LocalFindings,
  what: 'cosigned' | 'audited',
  held: number,
  evidence: { held: string; shown: string },
): Promise<LocalFinding> {
  return findings.report(
    {
      kind: 'supervisor-rollback',
      seq: null,
      expected: `${what} size ${held} or more`,
      found: 'a smaller one',
    },
    evidence,
  )
}
