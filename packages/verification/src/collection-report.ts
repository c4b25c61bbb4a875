import type { CollectedObject, CollectionReport, Verdict } from '@probant/evidence'
import { exitCodes } from './answer.ts'
import { reasonLines, whyLines } from './bundle-report.ts'
import { wordsOf, type Language } from './words/index.ts'
import type { Words } from './words/words.ts'

/** The report for machines. */
export function collectionJson(report: CollectionReport): string {
  const { status: answer } = report.verdict
  const counts = countsOf(report.objects)
  const all = { answer, exitCode: exitCodes[answer], collection: true, counts, ...report }
  return `${JSON.stringify(all, null, 2)}\n`
}

/** How many bundles came to each answer. */
export function countsOf(objects: readonly CollectedObject[]): Record<Verdict['status'], number> {
  const counts = { valid: 0, invalid: 0, 'cannot-tell': 0 }
  for (const { verdict } of objects) counts[verdict.status]++
  return counts
}

/** The report for people: what was checked of the whole, one line an object, what is not there, the answer. */
export function collectionText(file: string, report: CollectionReport, language: Language): string {
  const words = wordsOf(language)
  const { collection, headings } = words
  const judged = report.at === undefined ? [] : [words.fact.judgedAt(report.at)]
  const lines = [file, ...judged, '', headings.checks]
  const width = Math.max(...Object.values(words.status).map((each) => each.length))
  for (const { name, verdict } of report.checks) {
    lines.push(`  ${words.status[verdict.status].padEnd(width)}  ${collection.check[name]}`)
    const why =
      verdict.status === 'invalid' && name !== 'collection-objects'
        ? reasonLines(verdict, words)
        : []
    lines.push(...why.map((line) => ' '.repeat(width + 6) + line))
  }
  if (report.listing !== undefined) {
    lines.push('', ...accountLines(report.listing, words).map((line) => `  ${line}`))
  }
  if (report.objects.length > 0) {
    lines.push('', collection.objects)
    for (const object of report.objects)
      lines.push(...objectLines(object, words, width).map((line) => `  ${line}`))
  }
  if (report.notProved.length > 0) {
    lines.push('', headings.notProved)
    lines.push(...report.notProved.map((each) => `  - ${words.notProved[each]}`))
  }
  const { status } = report.verdict
  lines.push('', `${headings.answer}${words.colon}${words.answer[status]}`)
  return `${[...lines, `  ${collection.summary(countsOf(report.objects))}`].join('\n')}\n`
}

/** What the listing says of the whole: the box's own account. */
export function accountLines(
  listing: NonNullable<CollectionReport['listing']>,
  { collection }: Words,
): string[] {
  const { box, vault, selection, journalSize, omissions } = listing
  return [
    collection.account[selection](box, vault, journalSize),
    ...omissions.map(({ object, part, reason }) => collection.omitted[part][reason](object)),
  ]
}

/** One object: its answer, its identifier, when it was received and how far its proof goes; then what is open. */
export function objectLines(
  { object, verdict, open, facts }: CollectedObject,
  words: Words,
  width = 0,
): string[] {
  const said = [
    words.status[verdict.status].padEnd(width),
    object,
    ...(facts === undefined ? [] : [words.collection.received(facts.receivedAt, facts.state)]),
    ...(facts?.documents.some(({ compared }) => compared === 'given') === true
      ? [words.collection.isGiven]
      : []),
  ]
  const ofWhole = verdict.status === 'invalid' && verdict.code === 'other-object' ? [verdict] : []
  return [
    said.join('  '),
    ...ofWhole.flatMap((each) => reasonLines(each, words).map((line) => `    ${line}`)),
    ...open
      .filter((check) => check.isDecisive)
      .flatMap((check) => [
        `    ${words.check[check.name]}`,
        ...whyLines(check, words).map((line) => `      ${line}`),
      ]),
  ]
}
