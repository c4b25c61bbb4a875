import { parseNote, toHex } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { Problem, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { approveValues, importReferenceValues } from '../attestation/approve.ts'
import { APPROVERS } from '../attestation/expectation.ts'
import { parseText } from '../attestation/reference-values.ts'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { listAttestations, type StoredAttestation } from '../store/attestations.ts'
import { newestReferenceFiles } from '../store/expected-values.ts'
import { BoxPath, mustHave } from './boxes.ts'
import { callerOf, tenantOf } from './caller.ts'

const SHOWN = 50

/** What boxes attest, and what is expected of it. */
export function attestationRoutes(server: Server, context: Context): void {
  server.get(
    '/api/v1/boxes/:box/attestations',
    {
      schema: {
        tags: ['attestation'],
        summary: 'What the box’s TPM stated with its last shipments, newest first',
        params: BoxPath,
      },
    },
    async (request) => {
      const box = await mustHave(context, tenantOf(request), request.params.box)
      return { items: (await listAttestations(context.database, box, SHOWN)).map(shown) }
    },
  )

  server.post(
    '/api/v1/boxes/:box/attestation-approvals',
    {
      schema: {
        tags: ['attestation'],
        summary: 'Approve values that no signed file names; two different operators have to',
        params: BoxPath,
        body: strictObject({
          pcrsSha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
          reason: Type.String({ minLength: 1, maxLength: 500 }),
        }),
      },
    },
    async (request, reply) => {
      const box = await mustHave(context, tenantOf(request), request.params.box)
      const { operator } = callerOf(request)
      const approvals = await approveValues(context, operator, box, request.body).catch(refused)
      return reply.code(201).send({ approvals, needed: APPROVERS })
    },
  )

  server.get(
    '/api/v1/reference-values',
    { schema: { tags: ['attestation'], summary: 'The newest signed file of each signer' } },
    async (request) => {
      const files = await newestReferenceFiles(context.database, tenantOf(request))
      return {
        items: files.map(({ signer, sequence, note }) => {
          const { issued, profiles } = parseText(parseNote(note).text)
          return { signer, sequence, issued, profiles: profiles.map(({ name }) => name), note }
        }),
      }
    },
  )

  server.post(
    '/api/v1/reference-values',
    {
      schema: {
        tags: ['attestation'],
        summary: 'Take a signed file of expected values',
        body: strictObject({ note: Type.String({ minLength: 1, maxLength: 262_144 }) }),
      },
    },
    async (request, reply) => {
      const { operator } = callerOf(request)
      const { note } = request.body
      return reply
        .code(201)
        .send(await importReferenceValues(context, operator, note).catch(refused))
    },
  )
}

function shown(attestation: StoredAttestation) {
  const { atMs, outcome, counts, pcrs, pcrsSha256, eventLog, evidence } = attestation
  return {
    at: formatTime(atMs),
    outcome,
    clockMs: counts?.clockMs ?? null,
    resetCount: counts?.resetCount ?? null,
    restartCount: counts?.restartCount ?? null,
    pcrs,
    pcrsSha256: pcrsSha256 && toHex(pcrsSha256),
    eventLog,
    evidence: evidence && toHex(evidence),
  }
}

function refused(error: unknown): never {
  if (!(error instanceof SupervisorError)) throw error
  if (error.code === 'approval')
    throw new Problem({
      type: 'approval-refused',
      status: 409,
      title: { fr: 'L’approbation est refusée.', en: 'The approval is refused.' },
      detail: { fr: error.message, en: error.message },
      cause: error,
    })
  if (error.code !== 'reference-values') throw error
  throw new Problem({
    type: 'reference-values-refused',
    status: 422,
    title: {
      fr: 'Le fichier de valeurs de référence est refusé.',
      en: 'The file of reference values is refused.',
    },
    detail: { fr: error.message, en: error.message },
    cause: error,
  })
}
