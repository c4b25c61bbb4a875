import { EvidenceError, fromBase64 } from '@probant/evidence'
import { Problem, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { enrol } from '../enrolment/enrol.ts'
import { SupervisorError } from '../errors.ts'
import { callerOf } from './caller.ts'
import { ScheduleBody, scheduleOf } from './schedule-schema.ts'

/** Where agents find the centre, and by what they know it. */
export interface SshAddress {
  hostKey: string
  host: string
  port: number
}

export const BoxId = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$' })
export const BoxName = Type.String({ minLength: 1, maxLength: 200 })

/** What a box is known by, as it is given in every way of enrolment. */
export const boxKeys = {
  origin: Type.String({ pattern: '^[A-Za-z0-9./-]{1,200}$' }),
  journalKey: Type.String({ maxLength: 1000, description: 'vkey of type 0x02' }),
  agentKey: Type.String({ maxLength: 4000, description: 'base64 of the SSH key blob' }),
}

/** What the agent of an enrolled box pins. */
export function pinned({ keys }: Context, { hostKey, host, port }: SshAddress) {
  return {
    witnessKeys: keys.witnessVkeys,
    auditKey: keys.auditVkey,
    sshHostKey: hostKey,
    ssh: { host, port },
  }
}

/** Enrolment: box and centre learn each other's keys. */
export function enrolmentRoutes(server: Server, context: Context, ssh: () => SshAddress): void {
  server.post(
    '/api/v1/enrolments',
    {
      schema: {
        tags: ['enrolments'],
        summary: 'Follow a box from now on; the answer is what its agent pins',
        body: strictObject({
          boxId: BoxId,
          name: BoxName,
          ...boxKeys,
          schedule: ScheduleBody,
        }),
      },
    },
    async (request, reply) => {
      const { body } = request
      const { tenantId, operatorId } = callerOf(request).operator
      const agentKey = keyBlob(body.agentKey)
      const schedule = scheduleOf(body.schedule)
      await enrol(context, { ...body, tenantId, operatorId, agentKey, schedule }).catch(refused)
      return reply.code(201).send(pinned(context, ssh()))
    },
  )
}

export function keyBlob(base64: string): Uint8Array {
  try {
    return fromBase64(base64)
  } catch (error) {
    if (error instanceof EvidenceError) return new Uint8Array()
    throw error
  }
}

/** What contradicts itself or what is enrolled, as the caller is told of it. */
export function refused(error: unknown): never {
  if (!(error instanceof SupervisorError) || error.code !== 'enrolment') throw error
  throw new Problem({
    type: 'enrolment-refused',
    status: 409,
    title: { fr: 'L’enrôlement est refusé.', en: 'The enrolment is refused.' },
    detail: { fr: error.message, en: error.message },
    cause: error,
  })
}
