import { formatInZone, formatUtc, Table } from '@probant/web/browser'
import type { Window } from './schedule.ts'
import { words } from './words.ts'

/** Windows on the clocks of the site, and in UTC. */
export function WindowsTable({ windows, zone }: { windows: readonly Window[]; zone: string }) {
  const say = words()
  return (
    <Table
      caption={say.windowCaption}
      rows={windows}
      keyOf={({ opensAt }) => opensAt}
      columns={[
        {
          title: say.opens,
          isRowHeader: true,
          cell: ({ opensAt }) => <Both iso={opensAt} zone={zone} />,
        },
        { title: say.ends, cell: ({ endsAt }) => <Both iso={endsAt} zone={zone} /> },
        { title: say.deadline, cell: ({ deadline }) => <Both iso={deadline} zone={zone} /> },
      ]}
    />
  )
}

/** An instant in a place's time, and in UTC below. */
export function Both({ iso, zone }: { iso: string; zone: string }) {
  return (
    <time dateTime={iso} class="seen">
      {inZone(iso, zone)}
      <br />
      <span class="soft">{formatUtc(iso)}</span>
    </time>
  )
}

/** A browser may be older than a zone. */
function inZone(iso: string, zone: string): string {
  try {
    return formatInZone(iso, zone)
  } catch (error) {
    if (error instanceof RangeError) return formatInZone(iso, 'UTC')
    throw error
  }
}
