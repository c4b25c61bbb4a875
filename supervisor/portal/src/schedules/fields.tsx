import { Choice, Field } from '@probant/web/browser'
import type { ScheduleFields } from './schedule.ts'
import { words } from './words.ts'

/** The fields of a schedule, for a box that is followed and for one that is to be enrolled. */
export function ScheduleInputs({ fields }: { fields: ScheduleFields }) {
  const say = words()
  return (
    <>
      <p class="hint">{say.hint}</p>
      <div class="row">
        <Field label={say.start} kind="time" value={fields.start} isRequired />
        <Field label={say.end} kind="time" value={fields.end} hint={say.endHint} isRequired />
      </div>
      <div class="field">
        <Choice
          label={say.zone}
          value={fields.timeZone.value}
          options={zones(fields.timeZone.value).map((zone) => ({ value: zone, label: zone }))}
          onChoose={(zone) => (fields.timeZone.value = zone)}
        />
      </div>
      <div class="row">
        <Field
          label={say.grace}
          kind="number"
          min={0}
          max={10_080}
          value={fields.graceMinutes}
          isRequired
        />
        <Field
          label={say.everyDays}
          kind="number"
          min={1}
          max={366}
          value={fields.everyDays}
          hint={say.everyDaysHint}
          isRequired
        />
      </div>
      <Field
        label={say.headSeconds}
        kind="number"
        min={1}
        max={86_400}
        value={fields.heads}
        hint={say.headHint}
      />
    </>
  )
}

/** All that the browser knows, and what is chosen already. */
function zones(chosen: string): string[] {
  return [...new Set([chosen, 'UTC', ...Intl.supportedValuesOf('timeZone')])]
}
