import { formatTime, parseTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import { notFound, Problem, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Act } from '../alerts/journal.ts'
import { changeByOperator } from '../alerts/operator-change.ts'
import type { Context } from '../context.ts'
import { firstHeadDue } from '../enrolment/enrol.ts'
import {
  cancelMaintenance,
  holdMaintenance,
  insertMaintenance,
  listMaintenance,
  type Maintenance,
} from '../store/maintenance.ts'
import { getSchedule, setHeadDue } from '../store/schedules.ts'
import { mustHave } from './boxes.ts'
import { callerOf, tenantOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, pageOf, readTimeCursor, Uuid } from './paging.ts'

const Time = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{3})?Z$',
  description: 'UTC',
})

/** Who announces what begins now needs a moment to type it. */
const AS_IT_BEGINS_MS = 5 * 60_000

/** Announced silence: no deadline is judged that touches it. */
export function maintenanceRoutes(server: Server, context: Context): void {
  const { database, clock, randomness } = context

  server.get(
    '/api/v1/maintenance-windows',
    {
      schema: {
        tags: ['maintenance'],
        summary: 'Announced maintenance, latest first',
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const { limit = DEFAULT_LIMIT, cursor } = request.query
      const at = readTimeCursor(cursor)
      const before = at && { startsAtMs: at.atMs, maintenanceId: at.id }
      const windows = await listMaintenance(database, tenantOf(request), limit + 1, before)
      return pageOf(windows, limit, shown, ({ startsAtMs, maintenanceId }) => [
        startsAtMs,
        maintenanceId,
      ])
    },
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
      const { startsAtMs, endsAtMs, announcedAtMs } = maintenance
      if (endsAtMs <= startsAtMs || startsAtMs < announcedAtMs - AS_IT_BEGINS_MS) throw notAhead()
      await changeByOperator(context, callerOf(request).operator, async (client) => {
        await insertMaintenance(client, tenantId, maintenance)
        const { id, box, startsAt, endsAt } = shown(maintenance)
        // the reason stays out of the journal: people write names into reasons
        return { act: 'maintenance-announced', data: { box, maintenance: id, startsAt, endsAt } }
      })
      return reply.code(201).send(shown(maintenance))
    },
  )

  server.delete(
    '/api/v1/maintenance-windows/:maintenance',
    {
      schema: {
        tags: ['maintenance'],
        summary: 'Cancel what isn’t over: from now on the box is held to its deadlines again',
        params: strictObject({ maintenance: Uuid }),
      },
    },
    async (request, reply) => {
      const { operator } = callerOf(request)
      const isCancelled = await changeByOperator(context, operator, (client) =>
        cancel(client, context, operator.tenantId, request.params.maintenance),
      )
      if (!isCancelled) throw notFound()
      return reply.code(204).send()
    },
  )
}

/** What it excused stays excused; a silence that it covers is counted from now on. */
async function cancel(
  client: Client,
  { clock }: Context,
  tenantId: string,
  maintenanceId: string,
): Promise<Pick<Act, 'act' | 'data'> | undefined> {
  const nowMs = clock.nowMs()
  const maintenance = await holdMaintenance(client, tenantId, maintenanceId)
  if (maintenance === undefined || maintenance.endsAtMs <= nowMs) return undefined
  await cancelMaintenance(client, tenantId, maintenance, nowMs)
  const box = { tenantId, boxId: maintenance.boxId }
  const kept = await getSchedule(client, box)
  const first = kept && firstHeadDue(kept.schedule, nowMs)
  if (kept?.headDueAtMs && first && kept.headDueAtMs > first) await setHeadDue(client, box, first)
  return { act: 'maintenance-cancelled', data: { box: box.boxId, maintenance: maintenanceId } }
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
