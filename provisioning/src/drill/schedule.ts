import { Type, type Static } from 'typebox'
import { changeSettings } from './settings.ts'
import type { Specimen } from './specimen.ts'

const anything = Type.Unknown()

const schedule = Type.Object({
  heads: Type.Union([Type.Object({ everySeconds: Type.Integer() }), Type.Null()]),
  window: Type.Object({
    start: Type.String(),
    end: Type.String(),
    everyDays: Type.Optional(Type.Integer()),
  }),
  timeZone: Type.String(),
  graceMinutes: Type.Integer(),
})

type Schedule = Static<typeof schedule>

const HEADS_EVERY_S = 10
const MINUTE_MS = 60_000

/** What the centre holds the box to, with this changed by an operator. */
export async function changeSchedule(specimen: Specimen, change: Partial<Schedule>): Promise<void> {
  const path = `/schedules/${specimen.boxId}`
  const { heads, window, timeZone, graceMinutes } = await specimen
    .centre()
    .call(schedule, 'GET', path)
  const changed = { heads, window, timeZone, graceMinutes, ...change }
  await specimen.centre().call(anything, 'PATCH', path, changed)
}

/** Has heads go out every ten seconds, at both ends: five that did not come are 50 s then. */
export async function quickHeads(specimen: Specimen): Promise<void> {
  await changeSchedule(specimen, { heads: { everySeconds: HEADS_EVERY_S } })
  await changeSettings(specimen, 'agent', { heads: { everySeconds: HEADS_EVERY_S } })
}

/** A minute of the day, UTC. */
const minuteOf = (ms: number): string => new Date(ms).toISOString().slice(11, 16)

/**
 * Makes the minute after this one the whole of the box’s night, at the centre; the box’s own is half a day away. The time between
 * the copy’s making and its start is one in which nobody watched, which would excuse every night: that is taken away.
 */
export async function nightIsNow(specimen: Specimen): Promise<void> {
  const nowMs = specimen.clock.nowMs()
  const away = { start: minuteOf(nowMs + 720 * MINUTE_MS), end: minuteOf(nowMs + 780 * MINUTE_MS) }
  await changeSettings(specimen, 'agent', {
    window: { ...away, timeZone: 'UTC', jitterSeconds: 0 },
  })
  await specimen.root((client) => client.query('DELETE FROM centre.absences'), 'centre')
  const opensMs = specimen.clock.nowMs() + MINUTE_MS
  await changeSchedule(specimen, {
    window: { start: minuteOf(opensMs), end: minuteOf(opensMs + MINUTE_MS) },
    timeZone: 'UTC',
    graceMinutes: 0,
  })
}
