import { formatTime, parseTime } from '@probant/host'
import { Problem, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { changeByOperator } from '../alerts/operator-change.ts'
import type { Context } from '../context.ts'
import { insertMaintenance, listMaintenance, type Maintenance } from '../store/maintenance.ts'
import { mustHave } from './boxes.ts'
import { callerOf, tenantOf } from './caller.ts'

const Time = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{3})?Z$',
  description: 'UTC',
})

/** Announced silence: no deadline is judged that touches it. */
export function maintenanceRoutes(server: Server, context: Context): void {
  const { database, clock, randomness } = context

  server.get(
    '/api/v1/maintenance-windows',
    { schema: { tags: ['maintenance'], summary: 'Announced maintenance, latest first' } },
    async (request) => ({
      items: (await listMaintenance(database, tenantOf(request))).map(shown),
    }),
  )

  server.post(
    '/api/v1/maintenance-windows',
    {
      schema: {
        tags: ['maintenance'],
        summary: 'Announce that a box may be silent',
        body: strictObject({
          box: Type.String({ minLength: 1, maxLength: 64 }),
          startsAt: Time,
          endsAt: Time,
          reason: Type.String({ minLength: 1, maxLength: 500 }),
        }),
      },
    },
    async (request, reply) => {
      const { box, startsAt, endsAt, reason } = request.body
      const { tenantId, boxId } = await mustHave(context, tenantOf(request), box)
      const maintenance: Maintenance = {
        boxId,
        maintenanceId: randomness.uuid(),
        startsAtMs: instantOf(startsAt),
        endsAtMs: instantOf(endsAt),
        reason,
        announcedAtMs: clock.nowMs(),
      }
      // what was missed is not excused afterwards
      if (maintenance.endsAtMs <= Math.max(maintenance.startsAtMs, maintenance.announcedAtMs))
        throw notAhead()
      await changeByOperator(context, callerOf(request).operator, async (client) => {
        await insertMaintenance(client, tenantId, maintenance)
        const { id, box, startsAt, endsAt } = shown(maintenance)
        // the reason stays out of the journal: people write names into reasons
        return { act: 'maintenance-announced', data: { box, maintenance: id, startsAt, endsAt } }
      })
      return reply.code(201).send(shown(maintenance))
    },
  )
}

function instantOf(time: string): number {
  return parseTime(time.includes('.') ? time : time.replace('Z', '.000Z'))
}

function shown(maintenance: Maintenance) {
  const { maintenanceId, boxId, startsAtMs, endsAtMs, reason, announcedAtMs } = maintenance
  return {
    id: maintenanceId,
    box: boxId,
    startsAt: formatTime(startsAtMs),
    endsAt: formatTime(endsAtMs),
    reason,
    announcedAt: formatTime(announcedAtMs),
  }
}

function notAhead(): Problem {
  return new Problem({
    type: 'maintenance-not-ahead',
    status: 422,
    title: {
      fr: 'Une maintenance s’annonce à l’avance et finit après avoir commencé.',
      en: 'Maintenance is announced ahead and ends after it began.',
    },
  })
}
