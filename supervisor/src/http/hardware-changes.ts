import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { changeHardware } from '../enrolment/hardware-change.ts'
import { mustHave } from './boxes.ts'
import { callerOf, tenantOf } from './caller.ts'
import { keyBlob, refused } from './enrolments.ts'

/** A box that was recovered on other hardware: an operator who made sure of it declares its new keys. */
export function hardwareChangeRoutes(server: Server, context: Context): void {
  server.post(
    '/api/v1/boxes/:box/hardware-changes',
    {
      schema: {
        tags: ['enrolments'],
        summary: 'Follow a box under the keys of other hardware, as its recovery printed them',
        params: strictObject({ box: Type.String({ minLength: 1, maxLength: 64 }) }),
        body: strictObject({
          origin: Type.String({ pattern: '^[A-Za-z0-9./-]{1,200}$' }),
          journalKey: Type.String({ maxLength: 1000, description: 'vkey of type 0x02' }),
          agentKey: Type.String({ maxLength: 4000, description: 'base64 of the SSH key blob' }),
          after: Type.Integer({
            minimum: 1,
            description: 'traces under the last checkpoint that the former hardware signed',
          }),
        }),
      },
    },
    async (request, reply) => {
      const box = await mustHave(context, tenantOf(request), request.params.box)
      const { agentKey, ...change } = request.body
      const { operator } = callerOf(request)
      await changeHardware(context, box, operator, {
        ...change,
        agentKey: keyBlob(agentKey),
      }).catch(refused)
      return reply.code(204).send()
    },
  )
}
