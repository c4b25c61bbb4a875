import { timingSafeEqual } from 'node:crypto'
import { fromHex, toBase64 } from '@probant/evidence'
import {
  activationProof,
  enrolmentNonce,
  type ActivationChallenge,
  type EnrolmentRequest,
} from '@probant/shipping'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import {
  isByTpm,
  markUsed,
  setPendingEnrolment,
  type PendingRequest,
} from '../store/enrolment-codes.ts'
import { attestationKeyName } from './attestation-key.ts'
import { withEnrolmentCode } from './codes.ts'
import { makeCredential } from './credential.ts'
import { decoded } from './decoded.ts'
import { endorsedKey, readManufacturerRoots } from './endorsement-chain.ts'
import { checkEnrolment, enrolWithin } from './enrol.ts'

const SECRET_BYTES = 32

/**
 * Asks a box to show that its attestation key is in the TPM whose certificate it gave: the secret in the answer can be read there
 * alone. The last question counts.
 * @throws SupervisorError `enrolment-code`, `enrolment`
 */
export async function challengeActivation(
  context: Context,
  { code: given, ...request }: EnrolmentRequest,
): Promise<ActivationChallenge> {
  const { attestation } = context.settings
  if (attestation === undefined)
    throw new SupervisorError('enrolment', 'this centre has no makers of TPMs pinned')
  const roots = await readManufacturerRoots(attestation.manufacturerRoots)
  return withEnrolmentCode(context, given, async (client, code) => {
    checkEnrolment(context, { ...code, ...request, agentKey: bytesOf(request, 'agentKey') })
    const endorsementKey = endorsedKey(
      bytesOf(request, 'endorsementCertificate'),
      request.intermediates.map((one) => decoded(one, 'an intermediate certificate')),
      roots,
      context.clock.nowMs(),
    )
    const keyName = attestationKeyName(bytesOf(request, 'attestationKey'))
    const secret = context.randomness.bytes(SECRET_BYTES)
    const credential = makeCredential(endorsementKey, keyName, secret, context.randomness)
    await setPendingEnrolment(client, code, request, secret)
    return { credential: toBase64(credential.blob), secret: toBase64(credential.secret) }
  })
}

/**
 * Enrols the box that read the secret, and uses up its code: all of it durable and journalled when this resolves, or none.
 * @param proof as `activationProof` of @probant/shipping makes it
 * @throws SupervisorError `enrolment-code`, `enrolment`
 */
export async function activateEnrolment(
  context: Context,
  given: string,
  proof: string,
): Promise<void> {
  await withEnrolmentCode(context, given, async (client, code) => {
    const { pending, tenantId, boxId, name, schedule, issuedBy } = code
    if (pending === null || !isByTpm(pending.request))
      throw new SupervisorError('enrolment', 'nothing was asked of this box')
    const { request, secret } = pending
    if (
      !timingSafeEqual(
        fromHex(activationProof(secret, { ...request, code: given })),
        fromHex(proof),
      )
    )
      throw new SupervisorError('enrolment', "the TPM didn't read what was sent for it")
    const publicArea = bytesOf(request, 'attestationKey')
    await markUsed(client, code, context.clock.nowMs())
    await enrolWithin(client, context, {
      tenantId,
      boxId,
      name,
      schedule,
      operatorId: issuedBy,
      origin: request.origin,
      journalKey: request.journalKey,
      agentKey: bytesOf(request, 'agentKey'),
      attestationKey: {
        keyName: attestationKeyName(publicArea),
        publicArea,
        endorsementCertificate: bytesOf(request, 'endorsementCertificate'),
        enrolmentNonce: fromHex(enrolmentNonce(proof)),
      },
    })
  })
  context.wake()
}

function bytesOf(
  request: PendingRequest,
  member: 'agentKey' | 'attestationKey' | 'endorsementCertificate',
): Uint8Array {
  return decoded(request[member], member)
}
