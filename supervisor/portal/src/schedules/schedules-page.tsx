import { formatNumber, get, Link, LoadedList, Page, PagedList, Table } from '@probant/web/browser'
import { useMemo } from 'preact/hooks'
import { useLive } from '../live.ts'
import type { KeptSchedule } from './schedule.ts'
import { scheduleAddresses, schedulePage } from './schedule.ts'
import { Both } from './windows-table.tsx'
import { words } from './words.ts'

/** What each box is held to, and when it is waited for next. */
export function SchedulesPage() {
  const say = words()
  const schedules = useMemo(
    () => new PagedList((cursor) => get(scheduleAddresses.list(cursor), schedulePage)),
    [],
  )
  useLive(schedules)
  return (
    <Page title={say.title}>
      <section class="card">
        <LoadedList list={schedules} empty={say.none}>
          {(items) => (
            <Table
              caption={say.caption}
              rows={items}
              keyOf={({ box }) => box}
              columns={[
                {
                  title: say.box,
                  isRowHeader: true,
                  cell: ({ box }) => (
                    <Link to={`/boxes/${encodeURIComponent(box)}/schedule`}>{box}</Link>
                  ),
                },
                { title: say.window, cell: windowText },
                { title: say.zone, cell: ({ timeZone }) => timeZone },
                { title: say.heads, cell: headsText },
                {
                  title: say.next,
                  cell: ({ nextWindows: [next], timeZone }) =>
                    next && <Both iso={next.opensAt} zone={timeZone} />,
                },
              ]}
            />
          )}
        </LoadedList>
      </section>
    </Page>
  )
}

function windowText({ window: { start, end, everyDays = 1 } }: KeptSchedule): string {
  const say = words()
  return say.span(start, end) + (everyDays > 1 ? say.days(formatNumber(everyDays)) : '')
}

function headsText({ heads }: KeptSchedule): string {
  const say = words()
  return heads === undefined ? say.noHeads : say.everySeconds(formatNumber(heads.everySeconds))
}
