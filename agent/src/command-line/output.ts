import { failureOf, type Recomputation } from '../appliance/appliance.ts'
import type { ExportReport } from '../shipment/export.ts'
import type {
  AnsweredComparison,
  AnsweredFinding,
  AnsweredRestore,
  AnsweredShipment,
  AnsweredStatus,
} from './ask.ts'

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function printShipment(shipment: AnsweredShipment): void {
  const { shippedTo, receiptSize, segments, traces, recomputation, findings } = shipment
  printRecomputation(recomputation)
  print(`shipped: ${traces} traces in ${segments} segments, up to size ${shippedTo}`)
  print(receiptSize === null ? 'receipt: none yet' : `receipt: audited up to size ${receiptSize}`)
  printFindings(findings)
}

function printRecomputation(recomputation: Recomputation | null): void {
  if (recomputation === null) {
    print('recomputation: none, the vault service did not make one')
    return
  }
  const { traces, objects, intact } = recomputation
  print(`recomputation: ${traces} traces, ${objects} objects, ${intact ? 'intact' : 'NOT intact'}`)
}

export function printStatus(status: AnsweredStatus): void {
  const { witnessed, receipt } = status
  print(`box: ${status.boxId}, log ${status.origin}`)
  print(`centre: ${status.centre ?? 'none, ships by file'}`)
  print(`journal: ${status.databaseSize} traces, signed up to ${status.checkpointSize ?? 0}`)
  print(`witnessed: ${witnessed === null ? 'never' : `${witnessed.size} at ${witnessed.at}`}`)
  print(`receipt: ${receipt === null ? 'none' : `${receipt.size} at ${receipt.at}`}`)
  const { centreLog } = status
  print(`centre's log: ${centreLog === null ? 'not seen' : `${centreLog.size} cosigned heads`}`)
  print(`next head: ${status.nextHead ?? 'never'}`)
  print(`next shipment: ${status.nextShipment ?? 'never'}`)
  print(`nights without a receipt: ${status.nightsWithoutReceipt}`)
  printFindings(status.findings)
}

const RESULTS = {
  consistent: 'consistent: both were shown one log',
  'split-view': 'SPLIT VIEW: the centre signed two logs; both checkpoints follow',
  'not-shown':
    'NOT SHOWN: the centre can not show that both are of one log; both checkpoints follow',
}

export function printComparison({ result, own, other }: AnsweredComparison): void {
  print(RESULTS[result])
  if (result !== 'consistent') print(`${own}\n${other}`)
}

export function printRestore({ former, now }: AnsweredRestore): void {
  const words = ({ witnessed, audited, log }: AnsweredRestore['now']) =>
    `cosigned ${witnessed ?? 'nothing'}, audited ${audited ?? 'nothing'}, log ${log ?? 'none'}`
  print(`held to before: ${words(former)}`)
  print(`held to now: ${words(now)}`)
}

export function printExport(report: ExportReport, folder: string): void {
  const traces = report.files.reduce((sum, file) => sum + file.traces, 0)
  printRecomputation(report.recomputation)
  print(`exported: ${traces} traces in ${report.files.length} segments to ${folder}`)
  print(`journal: from size ${report.from} to ${report.to}`)
  if (report.attestation !== null)
    print(
      'name' in report.attestation
        ? `TPM: what it states is in ${report.attestation.name}`
        : `TPM: nothing stated: ${report.attestation.missing}`,
    )
  for (const { name, complete } of report.files)
    if (!complete) print(`incomplete: ${name}: traces that its checkpoint covers are missing`)
  printFindings(failureOf(report.recomputation))
}

function printFindings(findings: readonly AnsweredFinding[]): void {
  print(`findings: ${findings.length === 0 ? 'none' : findings.length}`)
  for (const { kind, seq, expected, found } of findings) {
    print(`  ${kind}${seq === null ? '' : ` at ${seq}`}`)
    print(`    expected: ${expected}`)
    print(`    found: ${found}`)
  }
}

/** Words to be read out, four a line. */
export function printWords(words: readonly string[], { json }: { json?: boolean }): void {
  if (json === true) {
    print(JSON.stringify({ words }))
    return
  }
  print('Read these words to the operator of the centre, over the telephone or face to face:')
  for (let at = 0; at < words.length; at += 4) print(`  ${words.slice(at, at + 4).join('  ')}`)
  print('They stand for the keys of this box and of the centre as they came here.')
  print(
    'Then type the four words that come back: probant agent confirm-enrolment WORD WORD WORD WORD',
  )
}
