import type { Shaped } from '@probant/web/browser'
import { address, list, number, optional, pageOf, record, text } from '@probant/web/browser'
import { signal, type Signal } from '@preact/signals'
import { withCursor } from '../service.ts'

const windowShape = record({ opensAt: text, endsAt: text, deadline: text })
export type Window = Shaped<typeof windowShape>
export const previewShape = record({ nextWindows: list(windowShape) })

const scheduleShape = record({
  box: text,
  heads: optional(record({ everySeconds: number })),
  window: record({ start: text, end: text, everyDays: optional(number) }),
  timeZone: text,
  graceMinutes: number,
  nextWindows: list(windowShape),
})
export type KeptSchedule = Shaped<typeof scheduleShape>
export { scheduleShape }

/** A schedule is its box's: the list knows it by that. */
export const schedulePage = pageOf<KeptSchedule & { id: string }>((value, at) => {
  const schedule = scheduleShape(value, at)
  return { ...schedule, id: schedule.box }
})

export const scheduleAddresses = {
  list: (cursor?: string) => withCursor(address`/schedules`, cursor),
  of: (box: string) => address`/schedules/${box}`,
  preview: address`/schedules/previews`,
}

/** What a form holds of a schedule: texts, as fields give them. */
export type ScheduleFields = Readonly<
  Record<'start' | 'end' | 'everyDays' | 'timeZone' | 'graceMinutes' | 'heads', Signal<string>>
>

/** @param kept the present schedule; without one, what suits most sites */
export function fieldsOf(kept?: KeptSchedule): ScheduleFields {
  const heads = kept === undefined ? 60 : kept.heads?.everySeconds
  return {
    start: signal(kept?.window.start ?? '22:00'),
    end: signal(kept?.window.end ?? '05:00'),
    everyDays: signal(String(kept?.window.everyDays ?? 1)),
    timeZone: signal(kept?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone),
    graceMinutes: signal(String(kept?.graceMinutes ?? 60)),
    heads: signal(heads === undefined ? '' : String(heads)),
  }
}

/** As the centre takes it; it judges what was typed. */
export function scheduleOf(fields: ScheduleFields) {
  const seconds = fields.heads.value.trim()
  return {
    heads: seconds === '' ? null : { everySeconds: Number(seconds) },
    window: {
      start: fields.start.value,
      end: fields.end.value,
      everyDays: Number(fields.everyDays.value),
    },
    timeZone: fields.timeZone.value,
    graceMinutes: Number(fields.graceMinutes.value),
  }
}
