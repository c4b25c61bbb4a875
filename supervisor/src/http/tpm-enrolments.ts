import { formatTime } from '@probant/host'
import { Problem, signInRateLimit, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { activateEnrolment, challengeActivation } from '../enrolment/activation.ts'
import { issueEnrolmentCode } from '../enrolment/codes.ts'
import { SupervisorError } from '../errors.ts'
import { callerOf } from './caller.ts'
import { BoxId, boxKeys, BoxName, pinned, refused, type SshAddress } from './enrolments.ts'
import { ScheduleBody, scheduleOf } from './schedule-schema.ts'

/** One-time codes as they are typed. */
export const Code = Type.String({ minLength: 8, maxLength: 100 })
const certificate = Type.String({ maxLength: 12_000, description: 'base64 of DER' })
const DEFAULT_MINUTES = 60

/** Enrolment of boxes with a TPM: an operator gives out a code, the box shows by it that its keys are in that TPM. */
export function tpmEnrolmentRoutes(server: Server, context: Context, ssh: () => SshAddress): void {
  server.post(
    '/api/v1/enrolment-codes',
    {
      schema: {
        tags: ['enrolments'],
        summary: 'A code by which one box with a TPM may enrol itself once',
        body: strictObject({
          boxId: BoxId,
          name: BoxName,
          schedule: ScheduleBody,
          validMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080 })),
        }),
      },
    },
    async (request, reply) => {
      const { operator } = callerOf(request)
      const { boxId, name, schedule, validMinutes = DEFAULT_MINUTES } = request.body
      const issued = await issueEnrolmentCode(context, operator, {
        boxId,
        name,
        schedule: scheduleOf(schedule),
        validMs: validMinutes * 60_000,
      }).catch(refused)
      return reply.code(201).send({ code: issued.code, expiresAt: formatTime(issued.expiresAtMs) })
    },
  )

  server.post(
    '/api/v1/enrolments/challenges',
    {
      config: signInRateLimit,
      schema: {
        tags: ['enrolments'],
        summary: 'By code: what only the TPM with that endorsement key can read',
        body: strictObject({
          code: Code,
          ...boxKeys,
          endorsementCertificate: certificate,
          intermediates: Type.Array(certificate, { maxItems: 8 }),
          attestationKey: Type.String({ maxLength: 2000, description: 'base64 of TPMT_PUBLIC' }),
        }),
      },
    },
    async (request, reply) =>
      reply.code(201).send(await challengeActivation(context, request.body).catch(refusedByCode)),
  )

  server.post(
    '/api/v1/enrolments/activations',
    {
      config: signInRateLimit,
      schema: {
        tags: ['enrolments'],
        summary: 'By code: what was read; the answer is what the agent pins',
        body: strictObject({ code: Code, proof: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
      },
    },
    async (request, reply) => {
      const { code, proof } = request.body
      await activateEnrolment(context, code, proof).catch(refusedByCode)
      return reply.code(201).send(pinned(context, ssh()))
    },
  )
}

/** As `refused`, also for a code that can't be used. */
export function refusedByCode(error: unknown): never {
  if (!(error instanceof SupervisorError) || error.code !== 'enrolment-code') return refused(error)
  throw new Problem({
    type: 'enrolment-code-refused',
    status: 403,
    title: { fr: 'Le code d’enrôlement est refusé.', en: 'The enrolment code is refused.' },
    detail: { fr: error.message, en: error.message },
    cause: error,
  })
}
