import {
  Button,
  Field,
  formatNumber,
  get,
  Link,
  LoadedList,
  Page,
  PagedList,
  Table,
  Time,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { BoxState } from './box-state.tsx'
import { useLive } from './live.ts'
import { useLoaded } from './loaded.tsx'
import type { Box } from './service.ts'
import { addresses, boxPage, fleetShape } from './service.ts'
import { words } from './words.ts'

const states = ['alert', 'silent', 'warning', 'ok'] as const
/** Whoever types has stopped for so long. */
const pauseMs = 300

/** All boxes, those that need attention first, as the centre orders them. */
export function FleetPage() {
  const say = words()
  const state = useSignal<Box['state'] | undefined>(undefined)
  const typed = useSignal('')
  const text = useSignal('')
  useEffect(() => {
    const timer = setTimeout(() => (text.value = typed.value.trim()), pauseMs)
    return () => clearTimeout(timer)
  }, [typed.value])
  return (
    <Page title={say.fleet}>
      <section class="card">
        <States chosen={state.value} onChoose={(chosen) => (state.value = chosen)} />
        <Field label={say.searchBox} value={typed} />
        <Boxes key={`${state.value ?? ''} ${text.value}`} state={state.value} text={text.value} />
      </section>
    </Page>
  )
}

/** How many boxes are in each state; one of them shows those alone. */
function States(props: {
  chosen: Box['state'] | undefined
  onChoose: (state: Box['state'] | undefined) => void
}) {
  const say = words()
  const fleet = useLoaded(addresses.fleet, fleetShape).value.value
  return (
    <div role="group" class="filters" aria-label={say.state}>
      {states.map((state) => {
        const isOn = props.chosen === state
        const count = fleet === undefined ? '…' : formatNumber(fleet.states[state])
        return (
          <Button
            key={state}
            aria-pressed={isOn}
            onClick={() => props.onChoose(isOn ? undefined : state)}
          >
            {isOn && '✓ '}
            {count} · {say[state]}
          </Button>
        )
      })}
    </div>
  )
}

function Boxes({ state, text }: { state: Box['state'] | undefined; text: string }) {
  const say = words()
  const query = { ...(state === undefined ? {} : { state }), ...(text === '' ? {} : { text }) }
  const boxes = useMemo(
    () => new PagedList<Box>((cursor) => get(addresses.boxes(query, cursor), boxPage)),
    [],
  )
  useLive(boxes)
  const isAll = state === undefined && text === ''
  return (
    <LoadedList list={boxes} empty={isAll ? <NoBoxes /> : say.noSuchBoxes}>
      {(items) => <BoxTable boxes={items} />}
    </LoadedList>
  )
}

function NoBoxes() {
  const say = words()
  return (
    <>
      {say.noBoxes} <Link to="/enrolment">{say.enrolFirst}</Link>
    </>
  )
}

function BoxTable({ boxes }: { boxes: readonly Box[] }) {
  const say = words()
  return (
    <Table
      caption={say.boxesCaption}
      rows={boxes}
      keyOf={({ id }) => id}
      columns={[
        {
          title: say.box,
          isRowHeader: true,
          cell: ({ id, name }) => <Link to={`/boxes/${encodeURIComponent(id)}`}>{name}</Link>,
        },
        { title: say.state, cell: ({ state }) => <BoxState state={state} /> },
        { title: say.lastHead, cell: ({ lastHead }) => <SeenAt seen={lastHead} /> },
        {
          title: say.lastShipment,
          cell: ({ lastShipment, witnessedOnly }) =>
            witnessedOnly ? say.followedElsewhere : <SeenAt seen={lastShipment} />,
        },
        {
          title: say.nextDeadline,
          cell: ({ nextDeadline }) =>
            nextDeadline === undefined ? say.none : <Time iso={nextDeadline} />,
        },
        {
          title: say.openFindings,
          isNumeric: true,
          cell: ({ openFindings }) => formatNumber(openFindings),
        },
      ]}
    />
  )
}

/** How far and when, or never. */
export function SeenAt({ seen }: { seen: Box['lastHead'] }) {
  const say = words()
  if (seen === undefined) return <>{say.never}</>
  return (
    <span class="seen">
      <Time iso={seen.at} withSeconds />
      <br />
      <span class="soft">{say.traces(formatNumber(seen.size))}</span>
    </span>
  )
}
