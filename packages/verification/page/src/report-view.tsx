import type { BundleCheck, BundleReport } from '@probant/evidence'
import {
  factLines,
  reportJson,
  whyLines,
  wordsOf,
  type Answer,
  type Inspection,
} from '@probant/verification'
import { Button, language, Notice, Table } from '@probant/web/browser'
import { NotProvedList, Status, tones } from './answer-parts.tsx'
import { CollectionView } from './collection-view.tsx'
import { bundle, type Outcome } from './inquiry.ts'
import { words } from './words.ts'

/** The answer, in the words of `probant verify`. */
export function OutcomeView({ outcome }: { outcome: Outcome }) {
  const say = words()
  if (outcome.kind === 'running') return <Notice tone="neutral">{say.running}</Notice>
  if (outcome.kind === 'unusable')
    return (
      <Answered answer="unusable">
        <p>{outcome.why}</p>
      </Answered>
    )
  return (
    <>
      <Answered answer={outcome.report.verdict.status} />
      {outcome.kind === 'bundle' ? (
        <ReportView report={outcome.report} />
      ) : (
        <CollectionView report={outcome.report} />
      )}
      <div class="actions no-print">
        <Button onClick={() => save(outcome)}>{say.save}</Button>
        <Button onClick={() => print()}>{say.print}</Button>
      </div>
    </>
  )
}

function Answered({ answer, children }: { answer: Answer; children?: preact.ComponentChildren }) {
  const say = words()
  const meaning = {
    valid: say.meaningValid,
    invalid: say.meaningInvalid,
    'cannot-tell': say.meaningCannotTell,
    unusable: say.meaningUnusable,
  }[answer]
  return (
    <Notice tone={tones[answer]}>
      <p class="answer">{wordsOf(language.value).answer[answer]}</p>
      <p>{meaning}</p>
      {children}
    </Notice>
  )
}

function ReportView({ report }: { report: BundleReport }) {
  const say = words()
  const { headings, fact } = wordsOf(language.value)
  return (
    <>
      {report.at !== undefined && <p>{fact.judgedAt(report.at)}</p>}
      <Table
        caption={headings.checks}
        columns={[
          { title: say.check, isRowHeader: true, cell: checkCell },
          { title: say.result, cell: resultCell },
        ]}
        rows={report.checks}
        keyOf={({ name }) => name}
      />
      {report.facts !== undefined && (
        <section>
          <h2>{headings.facts}</h2>
          <ul class="shown">
            {factLines(report.facts, wordsOf(language.value)).map((line, at) => (
              <li key={at} class={line.startsWith('  SHA') ? 'digest' : undefined}>
                {line.trim()}
              </li>
            ))}
          </ul>
        </section>
      )}
      <NotProvedList names={report.notProved} />
    </>
  )
}

function checkCell(check: BundleCheck) {
  const say = wordsOf(language.value)
  return (
    <>
      {say.check[check.name]}
      {whyLines(check, say).map((line) => (
        <span key={line} class="reason">
          {line}
        </span>
      ))}
    </>
  )
}

const resultCell = ({ verdict }: BundleCheck) => <Status status={verdict.status} />

/** The same JSON as `probant verify --json`. */
function save(found: Inspection): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([reportJson(found)], { type: 'application/json' }))
  link.download = `${bundle.value?.name.replace(/\.zip$/i, '') ?? 'probant'}.verdict.json`
  link.click()
  URL.revokeObjectURL(link.href)
}
