import type { ComponentChildren } from 'preact'

export interface Column<Row> {
  title: string
  cell: (row: Row) => ComponentChildren
  /** The cell that names the row to assistive technology. */
  isRowHeader?: boolean
  isNumeric?: boolean
}

interface TableProps<Row> {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string | number
}

/** A table that turns into one card a row on narrow screens; roles are spelled out because that drops the native ones. */
export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <table role="table" class="table">
      <caption>{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th
              key={column.title}
              role="columnheader"
              scope="col"
              class={column.isNumeric === true ? 'numeric' : ''}
            >
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr role="row" key={keyOf(row)}>
            {columns.map((column) => (
              <Cell key={column.title} column={column} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const content = column.cell(row)
  const look = column.isNumeric === true ? 'numeric' : ''
  return column.isRowHeader === true ? (
    <th role="rowheader" scope="row" class={look} data-title={column.title}>
      {content}
    </th>
  ) : (
    <td role="cell" class={look} data-title={column.title}>
      {content}
    </td>
  )
}
