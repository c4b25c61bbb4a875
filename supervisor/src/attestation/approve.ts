import { equalBytes, fromHex } from '@probant/evidence'
import { changeByOperator } from '../alerts/operator-change.ts'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { listAttestations } from '../store/attestations.ts'
import {
  approversOf,
  insertApproval,
  insertReferenceFile,
  newestReferenceFiles,
} from '../store/expected-values.ts'
import type { Operator } from '../store/operators.ts'
import type { BoxKey } from '../store/rows.ts'
import { APPROVERS } from './expectation.ts'
import { readReferenceValues } from './reference-values.ts'

/** Attestations in which approvable values are looked for. */
const LOOKED_AT = 200

/**
 * An operator takes values on themselves that the box's TPM signed; they count from the next quote on, once two different operators did.
 * The reason is kept here and not in the journal: people write names into reasons.
 * @returns how many operators have approved them
 * @throws SupervisorError `approval` for values that the box never stated, and for the same operator again
 */
export async function approveValues(
  context: Context,
  operator: Operator,
  box: BoxKey,
  { pcrsSha256, reason }: { pcrsSha256: string; reason: string },
): Promise<number> {
  const digest = fromHex(pcrsSha256)
  const stated = await listAttestations(context.database, box, LOOKED_AT)
  if (!stated.some((one) => one.pcrsSha256 !== null && equalBytes(one.pcrsSha256, digest)))
    throw new SupervisorError('approval', 'this box has not attested these values')
  const { operatorId } = operator
  let count = 0
  await changeByOperator(context, operator, async (client) => {
    const approvers = await approversOf(client, box, digest)
    if (approvers.includes(operatorId))
      throw new SupervisorError('approval', 'another operator has to approve: you did already')
    const approval = { pcrsSha256: digest, operatorId, reason, atMs: context.clock.nowMs() }
    await insertApproval(client, box, approval)
    count = approvers.length + 1
    const data = { box: box.boxId, pcrsSha256, approval: count, needed: APPROVERS }
    return { act: 'attestation-approved', data }
  })
  return count
}

/**
 * Takes a signed file of expected values in place of its signer's last.
 * @throws SupervisorError `reference-values`, also for one that isn't newer
 */
export async function importReferenceValues(
  context: Context,
  operator: Operator,
  note: string,
): Promise<{ signer: string; sequence: number }> {
  const pinned = context.settings.attestation?.referenceKeys ?? []
  const { signer, values } = await readReferenceValues(context.crypto, note, pinned)
  const { sequence } = values
  const { tenantId, operatorId } = operator
  await changeByOperator(context, operator, async (client) => {
    const files = await newestReferenceFiles(client, tenantId)
    const newest = files.find((file) => file.signer === signer)
    if (newest?.note === note) return undefined
    if (newest !== undefined && sequence <= newest.sequence)
      throw new SupervisorError(
        'reference-values',
        `the file has number ${sequence}; ${newest.sequence} of the same signer is here already`,
      )
    const imported = { by: operatorId, atMs: context.clock.nowMs() }
    await insertReferenceFile(client, tenantId, { signer, sequence, note }, imported)
    return { act: 'reference-values-imported', data: { signer, sequence } }
  })
  return { signer, sequence }
}
