import {
  Badge,
  Button,
  Field,
  formatTimeOfDay,
  formatDay,
  formatUtc,
  get,
  LoadedList,
  Page,
  PagedList,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { useBoxName } from '../box-name.ts'
import { BoxTabs } from '../box-tabs.tsx'
import { useLive } from '../live.ts'
import { EventText, toneOf } from './event-text.tsx'
import type { EventType, Filter, TimelineEvent } from './events.ts'
import { eventPage, eventTypes, timelineAddress } from './events.ts'
import { typeNames, words } from './words.ts'

/** All that happened to one box, newest first. */
export function TimelinePage({ id }: { id: string }) {
  const say = words()
  const name = useBoxName(id)
  const types = useSignal<readonly EventType[]>([])
  const fromDay = useSignal('')
  const untilDay = useSignal('')
  const filter = { types: types.value, fromDay: fromDay.value, untilDay: untilDay.value }
  const toggle = (type: EventType) => {
    const isChosen = types.value.includes(type)
    types.value = isChosen ? types.value.filter((one) => one !== type) : [...types.value, type]
  }
  return (
    <>
      <BoxTabs id={id} />
      <Page title={say.title(name)}>
        <section class="card">
          <div role="group" class="filters" aria-label={say.filters}>
            <Toggle isOn={types.value.length === 0} onClick={() => (types.value = [])}>
              {say.all}
            </Toggle>
            {eventTypes.map((type) => (
              <Toggle key={type} isOn={types.value.includes(type)} onClick={() => toggle(type)}>
                {say[type]}
              </Toggle>
            ))}
          </div>
          <div class="row">
            <Field label={say.from} kind="date" value={fromDay} />
            <Field label={say.until} kind="date" value={untilDay} />
          </div>
          <Events key={JSON.stringify(filter)} box={id} filter={filter} />
        </section>
      </Page>
    </>
  )
}

function Toggle(props: { isOn: boolean; onClick: () => void; children: string }) {
  return (
    <Button aria-pressed={props.isOn} onClick={props.onClick}>
      {props.isOn ? `✓ ${props.children}` : props.children}
    </Button>
  )
}

function Events({ box, filter }: { box: string; filter: Filter }) {
  const events = useMemo(
    () =>
      new PagedList<TimelineEvent>((cursor) =>
        get(timelineAddress(box, filter, cursor), eventPage),
      ),
    [],
  )
  useLive(events)
  return (
    <LoadedList list={events} empty={words().none}>
      {(items) =>
        byDay(items).map(([day, within]) => (
          <section key={day}>
            <h2 class="day">{day}</h2>
            <ol class="timeline">
              {within.map((event) => (
                <li key={event.id}>
                  <time dateTime={event.at} title={formatUtc(event.at)}>
                    {formatTimeOfDay(event.at)}
                  </time>
                  <div>
                    <Badge tone={toneOf(event)}>{typeNames()[event.type]}</Badge>{' '}
                    <EventText box={box} event={event} />
                  </div>
                </li>
              ))}
            </ol>
          </section>
        ))
      }
    </LoadedList>
  )
}

/** Days of the reader, as they are written. */
function byDay(events: readonly TimelineEvent[]): [string, TimelineEvent[]][] {
  return [...Map.groupBy(events, ({ at }) => formatDay(at))]
}
