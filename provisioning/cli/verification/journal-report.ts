import type { Finding } from '@probant/evidence'
import { wordsOf, type Answer, type Language, type Words } from '@probant/verification'
import type { JournalReport } from './journal-verification.ts'

export interface UnreadableFile {
  readonly file: string
  readonly why: string
}

/** The report for people, journal by journal. */
export function journalText(
  reports: readonly JournalReport[],
  unreadable: readonly UnreadableFile[],
  answer: Answer,
  language: Language,
): string {
  const words = wordsOf(language)
  const lines = reports.flatMap((report) => [...journalLines(report, words), ''])
  for (const { file, why } of unreadable) lines.push(words.journal.unreadable(file, why), '')
  lines.push(`${words.headings.answer}${words.colon}${words.answer[answer]}`)
  return `${lines.join('\n')}\n`
}

function journalLines(report: JournalReport, words: Words): string[] {
  const { origin, from, to, findings, signedSizes, witnessed } = report
  const { journal } = words
  return [
    journal.covered(origin, from, to),
    ...(from > 0 ? [`  ${journal.beginningMissing(from)}`] : []),
    ...signedSizes.map((size) => `  ${journal.signed(size)}`),
    ...witnessed.map(({ size, name, time }) => `  ${journal.witnessed(size, name, time)}`),
    ...(witnessed.length === 0 ? [`  ${journal.notWitnessed}`] : []),
    ...firstBad(findings, words),
    ...findings.flatMap((finding) => findingLines(finding, words).map((line) => `  ${line}`)),
  ]
}

function firstBad(findings: readonly Finding[], { journal }: Words): string[] {
  const first = findings.find((each) => each.seq !== null && each.answer === 'invalid')
  return first?.seq === undefined || first.seq === null
    ? []
    : [`  ${journal.first(String(first.seq))}`]
}

function findingLines(finding: Finding, words: Words): string[] {
  const { kind, seq, expected, found, answer, since, range } = finding
  const place = range === undefined ? seq : `${range.from}–${range.to}`
  const { colon, journal } = words
  return [
    `${words.status[answer]}  ${[kind, place ?? []].flat().join(' ')}${colon}${journal.kind[kind] ?? kind}`,
    `    ${journal.expected}${colon}${journal.side(expected)}`,
    `    ${journal.found}${colon}${journal.side(found)}`,
    ...(since === undefined ? [] : [`    ${words.since}${colon}${since}`]),
  ]
}
