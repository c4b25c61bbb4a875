import type { BundleCheck, BundleReport } from '@probant/evidence'
import { bundleJson, factLines, whyLines, wordsOf, type Answer } from '@probant/verification'
import { Badge, Button, language, Notice, Table, type Tone } from '@probant/web/browser'
import { bundle, type Outcome } from './inquiry.ts'
import { words } from './words.ts'

const tones: Readonly<Record<Answer, Tone>> = {
  valid: 'good',
  invalid: 'alert',
  'cannot-tell': 'warning',
  unusable: 'alert',
}

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
  const { report } = outcome
  return (
    <>
      <Answered answer={report.verdict.status} />
      <ReportView report={report} />
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
  const { headings, notProved } = wordsOf(language.value)
  return (
    <>
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
      <section>
        <h2>{headings.notProved}</h2>
        <ul>
          {report.notProved.map((each) => (
            <li key={each}>{notProved[each]}</li>
          ))}
        </ul>
      </section>
      <div class="actions no-print">
        <Button onClick={() => save(report)}>{say.save}</Button>
        <Button onClick={() => print()}>{say.print}</Button>
      </div>
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

function resultCell({ verdict: { status } }: BundleCheck) {
  return <Badge tone={tones[status]}>{wordsOf(language.value).status[status]}</Badge>
}

/** The same JSON as `probant verify --json`. */
function save(report: BundleReport): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bundleJson(report)], { type: 'application/json' }))
  link.download = `${bundle.value?.name.replace(/\.zip$/i, '') ?? 'probant'}.verdict.json`
  link.click()
  URL.revokeObjectURL(link.href)
}
