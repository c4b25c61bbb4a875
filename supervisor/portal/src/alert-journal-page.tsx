import {
  Badge,
  formatNumber,
  get,
  LoadedList,
  Page,
  PagedList,
  Table,
  Time,
} from '@probant/web/browser'
import { useMemo } from 'preact/hooks'
import { useLive } from './live.ts'
import type { AlertJournalEntry } from './service.ts'
import { addresses, entryPage } from './service.ts'
import { actName, outcomeName, words } from './words.ts'

/** The chained journal of the centre itself: what was found, who was told, who took charge. */
export function AlertJournalPage() {
  const say = words()
  const entries = useMemo(
    () =>
      new PagedList<AlertJournalEntry>((cursor) => get(addresses.alertJournal(cursor), entryPage)),
    [],
  )
  useLive(entries)
  return (
    <Page title={say.alertJournal}>
      <section class="card">
        <LoadedList list={entries} empty={say.noEntries}>
          {(items) => (
            <Table
              caption={say.journalCaption}
              rows={items}
              keyOf={({ seq }) => seq}
              columns={[
                { title: say.when, cell: ({ time }) => <Time iso={time} withSeconds /> },
                { title: say.act, isRowHeader: true, cell: ({ act }) => actName(act) },
                {
                  title: say.outcome,
                  cell: ({ outcome }) => (
                    <Badge tone={outcome === 'done' ? 'neutral' : 'alert'}>
                      {outcomeName(outcome)}
                    </Badge>
                  ),
                },
                { title: say.details, cell: (entry) => <Data entry={entry} /> },
                { title: say.seq, isNumeric: true, cell: ({ seq }) => formatNumber(seq) },
              ]}
            />
          )}
        </LoadedList>
      </section>
    </Page>
  )
}

function Data({ entry: { data } }: { entry: AlertJournalEntry }) {
  if (typeof data !== 'object' || data === null) return null
  return (
    <details>
      <summary>{words().details}</summary>
      <code class="data">{JSON.stringify(data, null, 1)}</code>
    </details>
  )
}
