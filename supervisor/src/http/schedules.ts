import { formatTime } from '@probant/host'
import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { changeByOperator } from '../alerts/operator-change.ts'
import type { Context } from '../context.ts'
import { windowFrom } from '../deadlines/schedule.ts'
import { checkSchedule, firstHeadDue } from '../enrolment/enrol.ts'
import { listSchedules, putSchedule, type KeptSchedule } from '../store/schedules.ts'
import { mustHave } from './boxes.ts'
import { callerOf, tenantOf } from './caller.ts'
import { refused } from './enrolments.ts'
import { ScheduleBody, scheduleOf, shownSchedule } from './schedule-schema.ts'

/** What boxes are held to. */
export function scheduleRoutes(server: Server, context: Context): void {
  const { database, clock } = context

  server.get(
    '/api/v1/schedules',
    { schema: { tags: ['schedules'], summary: 'Schedule and next deadlines of every box' } },
    async (request) => ({
      items: (await listSchedules(database, tenantOf(request))).map(shown),
    }),
  )

  server.patch(
    '/api/v1/schedules/:box',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Change the schedule of a box; the next deadline is computed anew',
        params: strictObject({ box: Type.String({ minLength: 1, maxLength: 64 }) }),
        body: ScheduleBody,
      },
    },
    async (request) => {
      const { tenantId, boxId } = await mustHave(context, tenantOf(request), request.params.box)
      const schedule = scheduleOf(request.body)
      const nowMs = clock.nowMs()
      try {
        checkSchedule(schedule)
      } catch (error) {
        refused(error)
      }
      const kept: KeptSchedule = {
        tenantId,
        boxId,
        schedule,
        window: windowFrom(schedule, nowMs),
        headDueAtMs: firstHeadDue(schedule, nowMs),
      }
      await changeByOperator(context, callerOf(request).operator, async (client) => {
        await putSchedule(client, kept)
        return { act: 'schedule-changed', data: { box: boxId, ...request.body } }
      })
      return shown(kept)
    },
  )
}

function shown({ boxId, schedule, window, headDueAtMs }: KeptSchedule) {
  return {
    box: boxId,
    ...shownSchedule(schedule),
    nextWindow: { opensAt: formatTime(window.opensAtMs), endsAt: formatTime(window.endsAtMs) },
    nextDeadline: formatTime(window.dueAtMs),
    nextHeadBefore: headDueAtMs === null ? null : formatTime(headDueAtMs),
  }
}
