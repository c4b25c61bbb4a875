import { equalBytes, parseAuditReceipt, toHex } from '@probant/evidence'
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
    found.push(await reportRollback(findings, 'cosigned', cosigned.size, witnessed?.size ?? 0))
  if (receipt === null) return { witnessed, audited, findings: found }
  if ((audited?.size ?? 0) < receipt.size)
    found.push(await reportRollback(findings, 'audited', receipt.size, audited?.size ?? 0))
  const { root } = parseAuditReceipt(receipt.note)
  if (audited?.size === receipt.size && !equalBytes(audited.root, root))
    found.push(
      await findings.report({
        kind: 'supervisor-equivocation',
        seq: null,
        expected: `root ${toHex(root)} at size ${receipt.size}, by its audit receipt`,
        found: `root ${toHex(audited.root)} at that size`,
      }),
    )
  return { witnessed, audited, findings: found }
}

function reportRollback(
  findings: LocalFindings,
  what: 'cosigned' | 'audited',
  held: number,
  announced: number,
): Promise<LocalFinding> {
  return findings.report({
    kind: 'supervisor-rollback',
    seq: null,
    expected: `${what} size ${held} or more`,
    found: `${what} size ${announced}`,
  })
}
