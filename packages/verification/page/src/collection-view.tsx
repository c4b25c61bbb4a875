import type { CollectedObject, CollectionCheck, CollectionReport } from '@probant/evidence'
import { accountLines, countsOf, objectLines, reasonLines, wordsOf } from '@probant/verification'
import { language, Table } from '@probant/web/browser'
import { NotProvedList, Status } from './answer-parts.tsx'
import { words } from './words.ts'

/** A collection: what was checked of the whole, then one line a bundle. */
export function CollectionView({ report }: { report: CollectionReport }) {
  const say = words()
  const { headings, collection } = wordsOf(language.value)
  return (
    <>
      <p>{collection.summary(countsOf(report.objects))}</p>
      <Table
        caption={headings.checks}
        columns={[
          { title: say.check, isRowHeader: true, cell: checkCell },
          { title: say.result, cell: ({ verdict }) => <Status status={verdict.status} /> },
        ]}
        rows={report.checks}
        keyOf={({ name }) => name}
      />
      {report.listing !== undefined && (
        <ul class="shown">
          {accountLines(report.listing, wordsOf(language.value)).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      <Table
        caption={collection.objects}
        columns={[
          { title: say.bundle, isRowHeader: true, cell: objectCell },
          { title: say.result, cell: ({ verdict }) => <Status status={verdict.status} /> },
        ]}
        rows={report.objects}
        keyOf={({ object }) => object}
      />
      <NotProvedList names={report.notProved} />
    </>
  )
}

function checkCell({ name, verdict }: CollectionCheck) {
  const say = wordsOf(language.value)
  const isTold = verdict.status === 'invalid' && name !== 'collection-objects'
  return (
    <Lines lines={[say.collection.check[name], ...(isTold ? reasonLines(verdict, say) : [])]} />
  )
}

function objectCell(found: CollectedObject) {
  const [first = '', ...rest] = objectLines(found, wordsOf(language.value))
  // The answer has a column of its own.
  const [, ...said] = first.split('  ')
  return <Lines lines={[said.join(', '), ...rest]} />
}

function Lines({ lines: [first, ...rest] }: { lines: readonly string[] }) {
  return (
    <>
      {first}
      {rest.map((line) => (
        <span key={line} class="reason">
          {line}
        </span>
      ))}
    </>
  )
}
