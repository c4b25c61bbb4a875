import { formatTime } from '@probant/host'
import { notFound, strictObject, type Server } from '@probant/web'
import type { Static } from 'typebox'
import { changeByOperator } from '../alerts/operator-change.ts'
import type { Context } from '../context.ts'
import { windowAfter, windowFrom, type Schedule, type Window } from '../deadlines/schedule.ts'
import { checkSchedule, firstHeadDue } from '../enrolment/enrol.ts'
import { getSchedule, listSchedules, putSchedule, type KeptSchedule } from '../store/schedules.ts'
import { BoxPath, mustHave } from './boxes.ts'
import { callerOf, tenantOf } from './caller.ts'
import { refused } from './enrolments.ts'
import { DEFAULT_LIMIT, Page, pageOf, readPlainCursor } from './paging.ts'
import { ScheduleBody, scheduleOf, shownSchedule } from './schedule-schema.ts'

/** What boxes are held to. */
export function scheduleRoutes(server: Server, context: Context): void {
  const { database, clock } = context

  server.get(
    '/api/v1/schedules',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Schedule and next windows of every box, by identifier',
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const { limit = DEFAULT_LIMIT, cursor } = request.query
      const after = readPlainCursor(cursor, 'string')
      const schedules = await listSchedules(database, tenantOf(request), limit + 1, after)
      return pageOf(schedules, limit, shown, ({ boxId }) => [boxId])
    },
  )

  server.get(
    '/api/v1/schedules/:box',
    { schema: { tags: ['schedules'], summary: 'Schedule of one box', params: BoxPath } },
    async (request) => {
      const box = await mustHave(context, tenantOf(request), request.params.box)
      const kept = await getSchedule(database, box)
      if (kept === undefined) throw notFound()
      return shown(kept)
    },
  )

  server.post(
    '/api/v1/schedules/previews',
    {
      schema: {
        tags: ['schedules'],
        summary: 'The next windows of a schedule, which is checked and not kept',
        body: ScheduleBody,
      },
    },
    (request) => {
      callerOf(request)
      const schedule = checked(request.body)
      return { nextWindows: windowsFrom(schedule, windowFrom(schedule, clock.nowMs())) }
    },
  )

  server.patch(
    '/api/v1/schedules/:box',
    {
      schema: {
        tags: ['schedules'],
        summary: 'Change the schedule of a box; the next deadline is computed anew',
        params: BoxPath,
        body: ScheduleBody,
      },
    },
    async (request) => {
      const { tenantId, boxId } = await mustHave(context, tenantOf(request), request.params.box)
      const schedule = checked(request.body)
      const nowMs = clock.nowMs()
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

/** @throws Problem 409 for what can't be */
function checked(body: Static<typeof ScheduleBody>): Schedule {
  const schedule = scheduleOf(body)
  try {
    checkSchedule(schedule)
  } catch (error) {
    refused(error)
  }
  return schedule
}

const WINDOWS = 3

/** The window that is judged next and those after it. */
function windowsFrom(schedule: Schedule, first: Window) {
  const windows = [first]
  while (windows.length < WINDOWS)
    windows.push(windowAfter(schedule, windows.at(-1)?.opensAtMs ?? first.opensAtMs))
  return windows.map(({ opensAtMs, endsAtMs, dueAtMs }) => ({
    opensAt: formatTime(opensAtMs),
    endsAt: formatTime(endsAtMs),
    deadline: formatTime(dueAtMs),
  }))
}

function shown({ boxId, schedule, window, headDueAtMs }: KeptSchedule) {
  return {
    box: boxId,
    ...shownSchedule(schedule),
    nextWindow: { opensAt: formatTime(window.opensAtMs), endsAt: formatTime(window.endsAtMs) },
    nextWindows: windowsFrom(schedule, window),
    nextDeadline: formatTime(window.dueAtMs),
    nextHeadBefore: headDueAtMs === null ? null : formatTime(headDueAtMs),
  }
}
