import type {
  BundleCheck,
  BundleFacts,
  BundleReport,
  RecordTimeStamp,
  Verdict,
} from '@probant/evidence'
import { exitCodes } from './answer.ts'
import { wordsOf, type Language } from './words/index.ts'
import type { Words } from './words/words.ts'

/** The report for machines. */
export function bundleJson(report: BundleReport): string {
  const { status: answer } = report.verdict
  return `${JSON.stringify({ answer, exitCode: exitCodes[answer], ...report }, null, 2)}\n`
}

/** The report for people: each check, what the bundle shows, what it does not prove, the answer. */
export function bundleText(file: string, report: BundleReport, language: Language): string {
  const words = wordsOf(language)
  const lines = [
    file,
    ...(report.at === undefined ? [] : [words.fact.judgedAt(report.at)]),
    '',
    words.headings.checks,
  ]
  const width = Math.max(...Object.values(words.status).map((each) => each.length))
  const indent = ' '.repeat(width + 6)
  for (const check of report.checks) {
    const status = words.status[check.verdict.status].padEnd(width)
    lines.push(`  ${status}  ${words.check[check.name]}`)
    lines.push(...whyLines(check, words).map((x) => indent + x))
  }
  const blocks = [...report.blocksNotChecked, ...report.ignoredBlocks]
  if (blocks.length > 0) lines.push(`  ${words.blocks}${words.colon}${blocks.join(', ')}`)
  if (report.facts !== undefined) {
    lines.push('', words.headings.facts, ...factLines(report.facts, words).map((x) => `  ${x}`))
  }
  if (report.notProved.length > 0) {
    lines.push('', words.headings.notProved)
    lines.push(...report.notProved.map((each) => `  - ${words.notProved[each]}`))
  }
  lines.push('', `${words.headings.answer}${words.colon}${words.answer[report.verdict.status]}`)
  return `${[...lines, ...summary(report, words)].join('\n')}\n`
}

/** Checks that can miss several things, of which the verifier says which, with its date. */
const saysMore: ReadonlySet<string> = new Set(['dating', 'renewal', 'algorithms'])

/** Why a check isn't valid: what is wrong, or what is missing. */
export function whyLines({ name, verdict }: BundleCheck, words: Words): string[] {
  if (verdict.status === 'invalid') return reasonLines(verdict, words)
  if (verdict.status === 'valid') return []
  const { missingWord, colon, missing, detail } = words
  const lines = [`${missingWord}${colon}${missing[name]}`]
  return saysMore.has(name) ? [...lines, `${detail}${colon}${verdict.missing}`] : lines
}

/** What, where, since when. */
export function reasonLines(verdict: Verdict & { status: 'invalid' }, words: Words): string[] {
  const { colon } = words
  const reason = words.reason[verdict.code]
  return [
    ...(reason === undefined ? [verdict.what] : [reason, `${words.detail}${colon}${verdict.what}`]),
    ...(verdict.where === undefined ? [] : [`${words.where}${colon}${verdict.where}`]),
    ...(verdict.since === undefined ? [] : [`${words.since}${colon}${verdict.since}`]),
  ]
}

/** Under the answer, what decided it. */
function summary({ verdict, checks }: BundleReport, words: Words): string[] {
  if (verdict.status === 'valid') return []
  const decisive = checks.filter(
    (check) => check.isDecisive && check.verdict.status === verdict.status,
  )
  return decisive.flatMap((check) =>
    verdict.status === 'invalid'
      ? [`  ${words.check[check.name]}`, ...whyLines(check, words).map((x) => `    ${x}`)]
      : whyLines(check, words).map((x) => `  ${x}`),
  )
}

/** What the bundle shows, a line a fact; digests are indented by two spaces. */
export function factLines(facts: BundleFacts, { fact }: Words): string[] {
  const { token } = facts
  return [
    ...facts.documents.flatMap(({ name, size, mediaType, digests, compared }) => [
      fact.document(name, size, mediaType),
      `  SHA-256  ${digests.sha256}`,
      `  SHA3-256 ${digests['sha3-256']}`,
      `  ${fact.compared[compared ?? 'none']}`,
    ]),
    fact.receivedAt(facts.receivedAt),
    ...destructionLines(facts.destruction, fact),
    ...(token === null ? [] : [fact.token(token.genTime, token.authority, token.isIndependent)]),
    ...facts.seals.map(({ status, subject, issuer }) => fact.sealed[status](subject, issuer)),
    ...facts.witnesses.map(({ time, name, algorithm }) => fact.witnessed(time, name, algorithm)),
    ...facts.datings.flatMap(({ status, time, authority, isRevocationChecked, chain }) => [
      fact.dated[status](time, authority),
      ...(status === 'valid'
        ? [
            fact.notRevoked[isRevocationChecked ? 'checked' : 'unchecked'],
            ...(facts.isDatedBySha3 ? [fact.datedBySha3] : []),
            ...chainLines(chain, fact),
          ]
        : []),
    ]),
    ...facts.ended.map(({ signed, name, end, isDatedBefore }) =>
      fact.ended[signed](name, end, isDatedBefore),
    ),
    ...(facts.audit === null
      ? []
      : [fact.audited(facts.audit.time, facts.audit.name, facts.audit.size)]),
    fact.state[facts.state],
    fact.place(facts.box, facts.vault, facts.object),
    fact.depositor(facts.depositor),
    fact.journal(facts.origin, facts.checkpointSize),
    ...facts.traces.map(({ seq, act, outcome, time }) => fact.act(seq, act, outcome, time)),
  ]
}

function destructionLines(of: BundleFacts['destruction'], fact: Words['fact']): string[] {
  if (of === undefined) return []
  return [
    fact.destroyed(of.seq, of.time),
    fact.reason(of.reason),
    fact.lastCopy(of.lastCopyExpires),
  ]
}

/** Through what chain a date still holds, and until when. */
function chainLines(chain: readonly RecordTimeStamp[], fact: Words['fact']): string[] {
  const last = chain.at(-1)?.holdsUntil ?? null
  return [
    ...chain.map(({ kind, time, authority, algorithms }) =>
      fact.renewed[kind](time, authority, algorithms.join(', ')),
    ),
    ...(last === null ? [] : [fact.holdsUntil(last)]),
  ]
}
