import { Badge, formatNumber, get, LoadedList, PagedList, Table, Time } from '@probant/web/browser'
import { useMemo } from 'preact/hooks'
import { actName, outcomeName } from './acts.ts'
import { addresses, entryPage } from './service.ts'
import { words } from './words.ts'

/** Who did what with the document. Read only when it is opened, since reading it is itself an act that leaves a trace. */
export function DocumentJournal({ vault, id }: { vault: string; id: string }) {
  const say = words()
  const entries = useMemo(
    () => new PagedList((cursor) => get(addresses.journal(vault, id, cursor), entryPage)),
    [vault, id],
  )
  return (
    <section class="card" aria-labelledby="journal">
      <h2 id="journal">{say.journalTitle}</h2>
      <details
        onToggle={(event) => {
          if (event.currentTarget.open) void entries.refresh()
        }}
      >
        <summary>{say.journalCaption}</summary>
        <LoadedList list={entries} empty={say.noTraces}>
          {(items) => (
            <Table
              caption=""
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
                { title: say.seq, isNumeric: true, cell: ({ seq }) => formatNumber(seq) },
              ]}
            />
          )}
        </LoadedList>
      </details>
    </section>
  )
}
