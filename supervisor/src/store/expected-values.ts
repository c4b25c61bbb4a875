import type { Client } from '@probant/postgres'
import { instant, keyOf, type BoxKey } from './rows.ts'

/** A signed file of expected values. */
export interface ReferenceFile {
  signer: string
  sequence: number
  note: string
}

/** The newest file of each signer. */
export async function newestReferenceFiles(
  client: Client,
  tenantId: string,
): Promise<ReferenceFile[]> {
  const { rows } = await client.query<ReferenceFile>(
    `SELECT DISTINCT ON (signer) signer, sequence, note FROM centre.reference_values
     WHERE tenant_id = $1 ORDER BY signer, sequence DESC`,
    [tenantId],
  )
  return rows
}

export async function insertReferenceFile(
  client: Client,
  tenantId: string,
  { signer, sequence, note }: ReferenceFile,
  imported: { by: string; atMs: number },
): Promise<void> {
  await client.query(
    `INSERT INTO centre.reference_values
       (tenant_id, signer, sequence, note, imported_by, imported_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [tenantId, signer, sequence, note, imported.by, instant(imported.atMs)],
  )
}

/** Who approved these values of a box. */
export async function approversOf(
  client: Client,
  box: BoxKey,
  pcrsSha256: Uint8Array,
): Promise<string[]> {
  const { rows } = await client.query<{ operator_id: string }>(
    `SELECT operator_id FROM centre.attestation_approvals
     WHERE tenant_id = $1 AND box_id = $2 AND pcrs_sha256 = $3`,
    [...keyOf(box), Buffer.from(pcrsSha256)],
  )
  return rows.map(({ operator_id }) => operator_id)
}

export async function insertApproval(
  client: Client,
  box: BoxKey,
  approval: { pcrsSha256: Uint8Array; operatorId: string; reason: string; atMs: number },
): Promise<void> {
  await client.query(
    `INSERT INTO centre.attestation_approvals
       (tenant_id, box_id, pcrs_sha256, operator_id, reason, approved_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      ...keyOf(box),
      Buffer.from(approval.pcrsSha256),
      approval.operatorId,
      approval.reason,
      instant(approval.atMs),
    ],
  )
}
