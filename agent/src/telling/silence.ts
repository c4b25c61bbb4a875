import { formatTime } from '@probant/host'
import type { LocalFindings } from '../findings/findings.ts'
import type { Remembered } from '../memory/memory.ts'

/** Nights without a receipt are a finding of the box, once for each silence; over when a receipt has come. */
export async function noteSilence(
  findings: LocalFindings,
  { receipt, sinceMs }: Readonly<Remembered>,
  nights: number,
): Promise<void> {
  if (nights === 0) {
    const isOpen = findings.all().some(({ kind }) => kind === 'missing-shipment')
    if (isOpen) await findings.settle(['missing-shipment'])
    return
  }
  await findings.keep({
    kind: 'missing-shipment',
    seq: null,
    expected: `an audit receipt each night after ${formatTime(receipt?.atMs ?? sinceMs)}`,
    found: 'a night without any',
  })
}
