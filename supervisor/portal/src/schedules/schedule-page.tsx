import { Button, Form, Page, patch, post, toast, useSubmission } from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { useBoxName } from '../box-name.ts'
import { BoxTabs } from '../box-tabs.tsx'
import { Loading, useLoaded } from '../loaded.tsx'
import { ScheduleInputs } from './fields.tsx'
import type { KeptSchedule, Window } from './schedule.ts'
import { fieldsOf, previewShape, scheduleAddresses, scheduleOf, scheduleShape } from './schedule.ts'
import { WindowsTable } from './windows-table.tsx'
import { words } from './words.ts'

/** What one box is held to: seen, tried, changed. */
export function SchedulePage({ id }: { id: string }) {
  const say = words()
  const name = useBoxName(id)
  const schedule = useLoaded(scheduleAddresses.of(id), scheduleShape)
  return (
    <>
      <BoxTabs id={id} />
      <Page title={say.of(name)}>
        <Loading of={schedule}>{(kept) => <Edit kept={kept} />}</Loading>
      </Page>
    </>
  )
}

function Edit({ kept }: { kept: KeptSchedule }) {
  const say = words()
  // what comes anew while somebody types doesn't take it away
  const fields = useMemo(() => fieldsOf(kept), [])
  const submission = useSubmission()
  const tried = useSignal<{ windows: readonly Window[]; zone: string } | undefined>(undefined)
  const preview = async () => {
    const wanted = scheduleOf(fields)
    const { nextWindows } = await post(scheduleAddresses.preview, previewShape, wanted)
    tried.value = { windows: nextWindows, zone: wanted.timeZone }
  }
  const save = async () => {
    await patch(scheduleAddresses.of(kept.box), scheduleShape, scheduleOf(fields))
    await preview()
    toast(words().saved)
  }
  const { windows, zone } = tried.value ?? { windows: kept.nextWindows, zone: kept.timeZone }
  return (
    <>
      <section class="card">
        <Form
          submission={submission}
          act={say.save}
          onSubmit={save}
          more={<Button onClick={() => submission.run(preview)}>{say.preview}</Button>}
        >
          <ScheduleInputs fields={fields} />
        </Form>
      </section>
      <section class="card" aria-live="polite">
        <h2>{say.nextThree}</h2>
        <WindowsTable windows={windows} zone={zone} />
      </section>
    </>
  )
}
