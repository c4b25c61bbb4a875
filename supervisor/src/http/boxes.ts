import { toHex } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { notFound, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { toldOf } from '../alerts/message.ts'
import type { Context } from '../context.ts'
import { classify, explain, isRaisedKind } from '../findings/catalogue.ts'
import { sideInWords } from '../findings/sides.ts'
import { listFindings, type StoredFinding } from '../store/findings.ts'
import { fleetEntry, listFleet, type FleetEntry } from '../store/fleet.ts'
import { tenantOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, pageOf, readPlainCursor, readTimeCursor } from './paging.ts'

/** The path of one box. */
export const BoxPath = strictObject({ box: Type.String({ minLength: 1, maxLength: 64 }) })

/** The fleet, each box, and what was found about it. */
export function boxRoutes(server: Server, context: Context): void {
  server.get(
    '/api/v1/boxes',
    {
      schema: {
        tags: ['boxes'],
        summary: 'Boxes with their state, last head, last shipment and next deadline',
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const { limit = DEFAULT_LIMIT, cursor } = request.query
      const after = readPlainCursor(cursor, 'string')
      const boxes = await listFleet(context.database, tenantOf(request), limit + 1, after)
      return pageOf(boxes, limit, shownBox, ({ boxId }) => [boxId])
    },
  )

  server.get(
    '/api/v1/boxes/:box',
    { schema: { tags: ['boxes'], summary: 'One box', params: BoxPath } },
    async (request) => shownBox(await mustHave(context, tenantOf(request), request.params.box)),
  )

  server.get(
    '/api/v1/boxes/:box/findings',
    {
      schema: {
        tags: ['boxes'],
        summary: 'What was found about a box, newest first',
        params: BoxPath,
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const box = await mustHave(context, tenantOf(request), request.params.box)
      const { limit = DEFAULT_LIMIT, cursor } = request.query
      const at = readTimeCursor(cursor)
      const before = at && { raisedAtMs: at.atMs, findingId: at.id }
      const findings = await listFindings(context.database, box, limit + 1, before)
      return pageOf(
        findings,
        limit,
        (finding) => shownFinding(box.name, finding),
        ({ raisedAtMs, findingId }) => [raisedAtMs, findingId],
      )
    },
  )
}

/** @throws Problem 404 */
export async function mustHave(
  context: Context,
  tenantId: string,
  boxId: string,
): Promise<FleetEntry> {
  const box = await fleetEntry(context.database, { tenantId, boxId })
  if (box === undefined) throw notFound()
  return box
}

function shownBox(box: FleetEntry) {
  const shown = (at: { size: number; atMs: number } | null) =>
    at && { size: at.size, at: formatTime(at.atMs) }
  return {
    id: box.boxId,
    name: box.name,
    origin: box.origin,
    state: stateOf(box),
    witnessedOnly: box.isWitnessedOnly,
    lastHead: shown(box.lastHead),
    lastShipment: shown(box.lastShipment),
    nextDeadline: box.nextDeadlineMs === null ? null : formatTime(box.nextDeadlineMs),
    attestation: attestationOf(box),
    attestedAt: box.attestation && formatTime(box.attestation.atMs),
    openFindings: box.openKinds.length,
  }
}

/** `missing`: the last shipment came without what its TPM has to state. */
function attestationOf({ attestation }: FleetEntry) {
  if (attestation === null) return 'not-attested'
  const { outcome } = attestation
  return outcome === 'mismatch' || outcome === 'missing' ? outcome : 'attested'
}

/** The worst that is open: a contradiction, then silence, then a warning. */
function stateOf({ openKinds }: FleetEntry): 'ok' | 'warning' | 'alert' | 'silent' {
  const open = openKinds.filter(isRaisedKind)
  const isSilence = (kind: (typeof open)[number]) =>
    kind === 'missing-shipment' || kind === 'journal-unwitnessed'
  if (open.some((kind) => classify(kind).severity === 'alert' && !isSilence(kind))) return 'alert'
  if (open.some(isSilence)) return 'silent'
  return open.length > 0 ? 'warning' : 'ok'
}

/** A finding as the API tells it: both sides, as they were found, in words, and by the digests of the bytes kept. */
export function shownFinding(subject: string, finding: StoredFinding) {
  const told = toldOf(subject, finding)
  const { findingId, kind, seq, origin, raisedAtMs, resolvedAtMs, expected, found } = finding
  const digest = (bytes: Uint8Array | null) => bytes && toHex(bytes)
  return {
    id: findingId,
    kind,
    seq,
    origin,
    raisedAt: formatTime(raisedAtMs),
    ...(told === undefined ? {} : explain(told)),
    expected,
    found,
    sides: { expected: sideInWords(expected), found: sideInWords(found) },
    evidence: {
      expected: digest(finding.expectedEvidence),
      found: digest(finding.foundEvidence),
    },
    ...(resolvedAtMs === null ? {} : { resolvedAt: formatTime(resolvedAtMs) }),
  }
}
