import { signInRateLimit, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { confirmBox, presentBox } from '../enrolment/fingerprint.ts'
import { callerOf } from './caller.ts'
import { boxKeys, pinned, type SshAddress } from './enrolments.ts'
import { Code, refusedByCode } from './tpm-enrolments.ts'

/** Enrolment of boxes without a TPM: both sides present their keys, two people compare words of all of them over the telephone. */
export function fingerprintEnrolmentRoutes(
  server: Server,
  context: Context,
  ssh: () => SshAddress,
): void {
  server.post(
    '/api/v1/enrolments/presentations',
    {
      config: signInRateLimit,
      schema: {
        tags: ['enrolments'],
        summary: 'By code: the keys of a box without a TPM; the answer is what it will pin',
        body: strictObject({ code: Code, ...boxKeys }),
      },
    },
    async (request, reply) => {
      const { code, ...box } = request.body
      const answer = presentBox(context, code, box, pinned(context, ssh()))
      return reply.code(201).send(await answer.catch(refusedByCode))
    },
  )

  server.post(
    '/api/v1/enrolments/confirmations',
    {
      config: signInRateLimit,
      schema: {
        tags: ['enrolments'],
        summary: 'The words that were read at the box: follow it; the answer is read back',
        body: strictObject({ code: Code, words: Type.String({ minLength: 1, maxLength: 400 }) }),
      },
    },
    async (request, reply) => {
      const { operator } = callerOf(request)
      const confirmed = confirmBox(context, operator, request.body, pinned(context, ssh()))
      return reply.code(201).send(await confirmed.catch(refusedByCode))
    },
  )
}
