import { formatSize, Link, Table, Time } from '@probant/web/browser'
import type { VaultDocument } from './service.ts'
import { StateBadge } from './state.tsx'
import { words } from './words.ts'

/** Documents of a vault, one a line. */
export function DocumentTable(props: { vault: string; documents: readonly VaultDocument[] }) {
  const say = words()
  return (
    <Table
      caption={say.documentsCaption}
      rows={props.documents}
      keyOf={({ id }) => id}
      columns={[
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
