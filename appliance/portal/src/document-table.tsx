import { formatSize, Link, Table, Time } from '@probant/web/browser'
import type { VaultDocument } from './service.ts'
import { StateBadge } from './state.tsx'
import { words } from './words.ts'

interface DocumentTableProps {
  vault: string
  documents: readonly VaultDocument[]
  /** Identifiers of those chosen. */
  chosen: ReadonlySet<string>
  onChoose: (id: string, isChosen: boolean) => void
}

/** Documents of a vault, one a line; any of them can be chosen. */
export function DocumentTable({ chosen, onChoose, ...props }: DocumentTableProps) {
  const say = words()
  return (
    <Table
      caption={say.documentsCaption}
      rows={props.documents}
      keyOf={({ id }) => id}
      columns={[
        {
          title: say.choice,
          cell: ({ id, title }) => (
            <label class="tick">
              <input
                type="checkbox"
                aria-label={say.choose(title ?? say.untitled(id))}
                checked={chosen.has(id)}
                onChange={(event) => onChoose(id, event.currentTarget.checked)}
              />
            </label>
          ),
        },
        {
          title: say.title,
          isRowHeader: true,
          cell: ({ id, title }) => (
            <Link to={`/vaults/${props.vault}/documents/${id}`}>{title ?? say.untitled(id)}</Link>
          ),
        },
        { title: say.depositedAt, cell: ({ depositedAt }) => <Time iso={depositedAt} /> },
        { title: say.size, isNumeric: true, cell: ({ size }) => formatSize(size) },
        { title: say.state, cell: ({ receipt }) => <StateBadge state={receipt.state} /> },
      ]}
    />
  )
}
