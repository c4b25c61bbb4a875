import { decodeSegment, EvidenceError } from '@probant/evidence'
import type { SegmentAnswer } from '@probant/shipping'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { boxOfOrigin, openOrigin } from '../store/origins.ts'
import type { Session } from './session.ts'
import { acceptShipment } from './shipment.ts'
import { noteIfWhole } from './wholeness.ts'

/** What came of one segment that arrived by file. */
export interface Imported {
  origin: string
  answer: SegmentAnswer
}

/**
 * Takes a segment from a box without a route: the same checks, findings and receipt as over the network; again, any number of
 * times, changes nothing.
 * @throws SupervisorError `unknown-origin`; EvidenceError when the file is no segment
 */
export async function importSegment(context: Context, bytes: Uint8Array): Promise<Imported> {
  const { origin: name } = decodeSegment(bytes)
  const box = await boxOfOrigin(context.database, name)
  const origin = box && (await openOrigin(context.database, box))
  if (box === undefined || origin?.origin !== name)
    throw new SupervisorError('unknown-origin', `no open journal ${name} is followed here`)
  const session: Session = {
    box,
    epoch: null,
    origin,
    databaseSize: null,
    sizeToShip: origin.witnessed?.size ?? 0,
    answered: new Set((origin.challenge?.segments ?? []).map(({ start }) => start)),
    platform: null,
    hasShipped: false,
    isWhole: false,
  }
  const answer = await acceptShipment(context, session, bytes)
  // media carry no challenge: what was asked stays asked
  if (answer.status === 200 && origin.challenge === null) await noteIfWhole(context, session)
  return { origin: name, answer }
}

/** Segments in the order in which they follow each other, whatever the order of the files. */
export function inOrder<File extends { bytes: Uint8Array }>(files: readonly File[]): File[] {
  return files.toSorted((a, b) => startOf(a.bytes) - startOf(b.bytes))
}

/** Files that are no segments come last, to be refused by name. */
function startOf(bytes: Uint8Array): number {
  try {
    return decodeSegment(bytes).start
  } catch (error) {
    if (error instanceof EvidenceError) return Number.POSITIVE_INFINITY
    throw error
  }
}
