import type { EvidenceCrypto } from '@probant/evidence'
import type { LocalFinding, LocalFindings } from '../findings/findings.ts'
import { proveConsistency, type KnownTree } from '../journal/consistency.ts'
import type { JournalReader, StoredCheckpoint } from '../store/journal.ts'

export interface ProofParts {
  crypto: EvidenceCrypto
  journal: JournalReader
  findings: LocalFindings
}

/** The proof that a head extends what a witness knows, the best there is; nodes that were altered are told of. */
export async function proveHead(
  { crypto, journal, findings }: ProofParts,
  known: KnownTree,
  head: StoredCheckpoint,
): Promise<{ proof: Uint8Array[]; findings: LocalFinding[] }> {
  const proven = await proveConsistency(crypto, journal, known, head)
  if (!proven.nodesAltered) return { proof: proven.proof, findings: [] }
  const finding = await findings.report({
    kind: 'tiles-altered',
    seq: null,
    expected: `nodes that prove ${known.size} to ${head.size}, as the traces do`,
    found: 'other hashes in journal.nodes',
  })
  return { proof: proven.proof, findings: [finding] }
}

/** A witness saw more than this database can show. @param by who, as in "which … witnessed" */
export async function reportBehind(
  { journal, findings }: ProofParts,
  by: string,
  headSize: number,
  witnessed: number,
): Promise<LocalFinding> {
  const databaseSize = await journal.databaseSize()
  return findings.report({
    kind: databaseSize > headSize ? 'truncated' : 'rollback',
    seq: headSize,
    expected: `size ${witnessed} or more, which ${by} witnessed`,
    found: `newest checkpoint of size ${headSize}, database of size ${databaseSize}`,
  })
}
