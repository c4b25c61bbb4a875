import { canonicalBytes, fromBase64, toHex } from '@probant/evidence'
import { receiptNonce, type Attestation, type AttestationAnswer } from '@probant/shipping'
import type { Context } from '../context.ts'
import { factAt } from '../findings/fact.ts'
import { raiseInSession, shippedFinding, type Platform, type Session } from '../intake/session.ts'
import { attestationKeyOf } from '../store/attestation-keys.ts'
import { holdsEvidence } from '../store/attestations.ts'
import type { Origin } from '../store/origins.ts'
import { registersAskedFor } from './registers.ts'
import { evidenceOf, takeAttestation } from './take.ts'

/**
 * What an export of a box has to state: a quote over the nonce of the last receipt that the centre gave for it, the first over its
 * enrolment's. Null for a box that was enrolled without a TPM.
 */
export async function platformOfExport(context: Context, origin: Origin): Promise<Platform | null> {
  const key = await attestationKeyOf(context.database, origin)
  if (key === undefined) return null
  const { audited } = origin
  const first = key.enrolmentNonce
  const nonce = audited === null ? first && toHex(first) : receiptNonce(audited.note)
  const pcrs = registersAskedFor(context)
  return { key, request: nonce === null ? null : { nonce, pcrs: [...pcrs] }, state: 'awaited' }
}

/**
 * A quote that came by file. One that came before is the same export once more, where nothing new comes with it; with new traces it is
 * an old quote replayed, and named so.
 * @throws ShippingError `malformed-message`
 */
export async function takeFiled(
  context: Context,
  session: Session,
  message: Attestation,
  bringsNew: boolean,
): Promise<AttestationAnswer> {
  const { platform } = session
  // a key of before has no nonce until its box has a receipt: what came can't be judged, and isn't counted
  if (platform?.request == null) return { status: 200, findings: [] }
  const evidence = context.crypto.hash('sha256', canonicalBytes(evidenceOf(context, message)))
  if (await holdsEvidence(context.database, session.box, evidence)) {
    platform.state = 'taken'
    return bringsNew ? replayed(context, session, message) : { status: 200, findings: [] }
  }
  return takeAttestation(context, session, message)
}

async function replayed(
  context: Context,
  session: Session,
  { statement }: Attestation,
): Promise<AttestationAnswer> {
  const digest = toHex(context.crypto.hash('sha256', fromBase64(statement)))
  const { origin } = session.origin
  const fact = factAt(
    origin,
    'attestation-mismatch',
    null,
    'a quote made for this export',
    `the quote ${digest}, which came before`,
  )
  await raiseInSession(context, session, [{ ...fact, key: `${fact.key}|replayed` }])
  return { status: 200, findings: [shippedFinding(fact)] }
}
