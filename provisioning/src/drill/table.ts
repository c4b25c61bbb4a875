import type { Attack, Waiting } from './attack.ts'
import type { Verdict } from './verdict.ts'

/** One verdict as two lines of the table: what was done, and what came of it. */
export function verdictLines(verdict: Verdict): string {
  const { id, attack, kind, where, delayS, honestTwin, passed, why, raisedBy, others } = verdict
  const mark = passed ? '✓' : '✗'
  const head = `${mark} ${id.padEnd(4)} ${honestTwin ? 'honest: ' : ''}${attack}`
  const beside = others.length === 0 ? '' : `; beside it ${others.join(', ')}`
  if (why !== null) return `${head}\n       → NOT AS IT SHOULD BE: ${why}`
  if (honestTwin)
    return `${head}\n       → nobody was accused${beside.replace('; beside it', '; said:')}`
  const delay = delayS === null ? '' : `, after ${delayS} s`
  return `${head}\n       → ${kind ?? ''} at ${where ?? ''}, by the ${raisedBy}${delay} (bound: ${verdict.bound})${beside}`
}

export function summaryLine(verdicts: readonly Verdict[], absent: readonly Waiting[]): string {
  const of = (honest: boolean) => verdicts.filter(({ honestTwin }) => honestTwin === honest)
  const passed = (among: readonly Verdict[]) => among.filter((each) => each.passed).length
  const [attacks, twins] = [of(false), of(true)]
  return [
    `${passed(attacks)} of ${attacks.length} attacks caught`,
    `${twins.length - passed(twins)} of ${twins.length} honest events accused`,
    ...(absent.length === 0 ? [] : [`${absent.length} not carried out (--list says why)`]),
  ].join(', ')
}

export function listing(attacks: readonly Attack[], missing: readonly Waiting[]): string {
  const lines = attacks.map(({ id, attack, honestTwin, expected, raisedBy, bound }) => {
    const how = honestTwin
      ? 'honest: nobody may be accused'
      : `${expected.join(' or ')}, by the ${raisedBy}; ${bound}`
    return `${id.padEnd(5)}${attack}\n     ${how}`
  })
  const absent = missing.map(
    ({ id, attack, waitsFor }) => `${id.padEnd(5)}${attack}\n     not carried out: ${waitsFor}`,
  )
  return [...lines, ...absent].join('\n')
}
