import { gunzipSync } from 'node:zlib'
import { randomUUID } from 'node:crypto'
import { decodeSegment } from '@probant/evidence'
import { encodeSegmentPayload } from '@probant/shipping'
import { shippedJournal } from '../verify/journal.ts'
import { rate } from '../verify/measure.ts'

/** A box with a night's traces, ready to be sent. */
export interface ReadyBox {
  readonly boxId: string
  readonly origin: string
  readonly journalKey: string
  readonly traces: number
  /** Payloads of its segment frames. */
  readonly payloads: readonly Uint8Array[]
  /** Its newest signed checkpoint. */
  readonly note: string
}

const PER_SEGMENT = 1000

/** Boxes that nobody knows yet, each with its own key and journal. */
export async function readyBoxes(count: number, traces: number): Promise<ReadyBox[]> {
  const boxes: ReadyBox[] = []
  while (boxes.length < count) boxes.push(await readyBox(traces))
  return boxes
}

async function readyBox(traces: number): Promise<ReadyBox> {
  const boxId = randomUUID()
  const origin = `${boxId}/1`
  const { journalKey, segments } = shippedJournal(traces, PER_SEGMENT, origin)
  const payloads: Uint8Array[] = []
  for (const segment of segments) payloads.push(await encodeSegmentPayload('shipment', segment))
  const last = segments.at(-1)
  if (last === undefined) throw new Error('a box without a trace')
  const note = decodeSegment(last).checkpoint
  return { boxId, origin, journalKey, traces, payloads, note }
}

export function tracesOf(boxes: readonly ReadyBox[]): number {
  return boxes.reduce((sum, { traces }) => sum + traces, 0)
}

/** What `verify` measures, over the traces of all boxes, on one core. @returns traces per second */
export async function verifyRate(boxes: readonly ReadyBox[]): Promise<number> {
  let seconds = 0
  for (const { payloads, journalKey, origin, traces } of boxes) {
    const segments = payloads.map((payload) => new Uint8Array(gunzipSync(payload.subarray(1))))
    seconds += traces / (await rate('verify', segments, journalKey, origin))
  }
  return tracesOf(boxes) / seconds
}
