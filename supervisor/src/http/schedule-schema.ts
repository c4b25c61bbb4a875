import { strictObject } from '@probant/web'
import { Type, type Static } from 'typebox'
import type { Schedule } from '../deadlines/schedule.ts'

const Time = Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', description: 'HH:MM' })

/** A schedule as the API takes and tells it. */
export const ScheduleBody = strictObject({
  heads: Type.Union(
    [strictObject({ everySeconds: Type.Integer({ minimum: 1, maximum: 86_400 }) }), Type.Null()],
    { description: 'null on a closed network' },
  ),
  window: strictObject({
    start: Time,
    end: Time,
    everyDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 366,
        description: 'days that one window lasts: 1 is every night, 56 a closed site’s eight weeks',
      }),
    ),
  }),
  timeZone: Type.String({ minLength: 1, maxLength: 64, description: 'IANA name' }),
  graceMinutes: Type.Integer({ minimum: 0, maximum: 10_080 }),
})

export function scheduleOf(body: Static<typeof ScheduleBody>): Schedule {
  return {
    headsEverySeconds: body.heads?.everySeconds ?? null,
    windowStart: body.window.start,
    windowEnd: body.window.end,
    everyDays: body.window.everyDays ?? 1,
    timeZone: body.timeZone,
    graceMinutes: body.graceMinutes,
  }
}

export function shownSchedule(schedule: Schedule): Static<typeof ScheduleBody> {
  const { headsEverySeconds, windowStart, windowEnd, everyDays, timeZone, graceMinutes } = schedule
  return {
    heads: headsEverySeconds === null ? null : { everySeconds: headsEverySeconds },
    window: { start: windowStart, end: windowEnd, everyDays },
    timeZone,
    graceMinutes,
  }
}
