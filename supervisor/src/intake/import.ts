import { decodeSegment, EvidenceError } from '@probant/evidence'
import type { Attestation, AttestationAnswer, SegmentAnswer } from '@probant/shipping'
import { platformOfExport, takeFiled } from '../attestation/by-file.ts'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { boxOfOrigin, openOrigin, type Origin } from '../store/origins.ts'
import type { Platform, Session } from './session.ts'
import { acceptShipment } from './shipment.ts'
import { noteIfWhole } from './wholeness.ts'

/** What came of one segment that arrived by file. */
export interface Imported {
  origin: string
  answer: SegmentAnswer
}

/** What a box's export has to state, for the segments that came with it. */
export interface Filed {
  readonly platform: Platform | null
  readonly answer: AttestationAnswer
}

/**
 * Looks at what came with the segments of a journal: a quote of its box's TPM, or none.
 * @param upTo size that the segments reach
 * @throws SupervisorError `unknown-origin`; ShippingError for a quote that can't be read
 */
export async function beginImport(
  context: Context,
  name: string,
  attestation: Attestation | undefined,
  upTo: number,
): Promise<Filed> {
  const origin = await originNamed(context, name)
  const platform = await platformOfExport(context, origin)
  const session = sessionOf(origin, platform)
  if (platform === null || attestation === undefined)
    return { platform, answer: { status: 200, findings: [] } }
  const bringsNew = upTo > origin.state.size
  const answer = await takeFiled(context, session, attestation, bringsNew)
  return { platform, answer }
}

/**
 * Takes a segment from a box without a route: the same checks, findings and receipt as over the network; again, any number of
 * times, changes nothing.
 * @param platform of its export, for the last segment of it; null for those before
 * @throws SupervisorError `unknown-origin`; EvidenceError when the file is no segment
 */
export async function importSegment(
  context: Context,
  bytes: Uint8Array,
  platform: Platform | null = null,
): Promise<Imported> {
  const { origin: name } = decodeSegment(bytes)
  const origin = await originNamed(context, name)
  const session = sessionOf(origin, platform)
  const sizeBefore = origin.state.size
  const answer = await acceptShipment(context, session, bytes)
  // what came before is no shipment that could lack a quote
  const isNew = answer.status === 200 && answer.size > sizeBefore
  // media carry no challenge: what was asked stays asked
  if (answer.status === 200 && origin.challenge === null)
    await noteIfWhole(context, isNew ? session : { ...session, platform: null })
  return { origin: name, answer }
}

async function originNamed(context: Context, name: string): Promise<Origin> {
  const box = await boxOfOrigin(context.database, name)
  const origin = box && (await openOrigin(context.database, box))
  if (origin?.origin !== name)
    throw new SupervisorError('unknown-origin', `no open journal ${name} is followed here`)
  return origin
}

function sessionOf(origin: Origin, platform: Platform | null): Session {
  return {
    box: origin,
    epoch: null,
    origin,
    databaseSize: null,
    sizeToShip: origin.witnessed?.size ?? 0,
    answered: new Set((origin.challenge?.segments ?? []).map(({ start }) => start)),
    platform,
    hasShipped: false,
    isWhole: false,
  }
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
