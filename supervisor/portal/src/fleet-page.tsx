import {
  formatNumber,
  get,
  Link,
  LoadedList,
  Page,
  PagedList,
  Table,
  Time,
} from '@probant/web/browser'
import { useMemo } from 'preact/hooks'
import { BoxState } from './box-state.tsx'
import { useLive } from './live.ts'
import type { Box } from './service.ts'
import { addresses, boxPage } from './service.ts'
import { words } from './words.ts'

const order = ['alert', 'silent', 'warning', 'ok']

/** All boxes, those that need attention first. */
export function FleetPage() {
  const say = words()
  const boxes = useMemo(
    () => new PagedList<Box>((cursor) => get(addresses.boxes(cursor), boxPage)),
    [],
  )
  useLive(boxes)
  return (
    <Page title={say.fleet}>
      <section class="card">
        <LoadedList list={boxes} empty={say.noBoxes}>
          {(items) => <BoxTable boxes={byAttention(items)} />}
        </LoadedList>
      </section>
    </Page>
  )
}

function byAttention(boxes: readonly Box[]): Box[] {
  return boxes.toSorted(
    (a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.name.localeCompare(b.name),
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
