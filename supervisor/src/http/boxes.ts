import { formatTime } from '@probant/host'
import { notFound, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { classify, RAISED_KINDS, type RaisedKind } from '../findings/catalogue.ts'
import {
  countByState,
  fleetEntry,
  listByAttention,
  listFleet,
  type BoxState,
  type FleetEntry,
  type StateKinds,
} from '../store/fleet.ts'
import { tenantOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, pageOf, readPlainCursor, readRankCursor } from './paging.ts'

/** The path of one box. */
export const BoxPath = strictObject({ box: Type.String({ minLength: 1, maxLength: 64 }) })

const BoxStateName = Type.Union([
  Type.Literal('alert'),
  Type.Literal('silent'),
  Type.Literal('warning'),
  Type.Literal('ok'),
])

/** The fleet and each box. */
export function boxRoutes(server: Server, context: Context): void {
  server.get(
    '/api/v1/boxes',
    {
      schema: {
        tags: ['boxes'],
        summary: 'Boxes with their state, last head, last shipment and next deadline',
        querystring: strictObject({
          ...Page,
          order: Type.Optional(
            Type.Union([Type.Literal('id'), Type.Literal('attention')], {
              description: 'by identifier (the default), or those that need attention first',
            }),
          ),
          state: Type.Optional(BoxStateName),
          text: Type.Optional(
            Type.String({ maxLength: 200, description: 'part of a name or identifier' }),
          ),
        }),
      },
    },
    async (request) => {
      const { limit = DEFAULT_LIMIT, cursor, order = 'id', state, text = '' } = request.query
      const tenantId = tenantOf(request)
      if (order === 'id' && state === undefined && text === '') {
        const after = readPlainCursor(cursor, 'string')
        const boxes = await listFleet(context.database, tenantId, limit + 1, after)
        return pageOf(boxes, limit, shownBox, ({ boxId }) => [boxId])
      }
      const after = readRankCursor(cursor)
      const query = { kinds: STATE_KINDS, state, text, after }
      const boxes = await listByAttention(context.database, tenantId, limit + 1, query)
      return pageOf(boxes, limit, shownBox, ({ rank, boxId }) => [rank, boxId])
    },
  )

  server.get(
    '/api/v1/fleet',
    { schema: { tags: ['boxes'], summary: 'How many boxes are in each state' } },
    async (request) => ({
      states: await countByState(context.database, tenantOf(request), STATE_KINDS),
    }),
  )

  server.get(
    '/api/v1/boxes/:box',
    { schema: { tags: ['boxes'], summary: 'One box', params: BoxPath } },
    async (request) => shownBox(await mustHave(context, tenantOf(request), request.params.box)),
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

const SILENT: readonly RaisedKind[] = ['missing-shipment', 'journal-unwitnessed']
const STATE_KINDS: StateKinds = {
  alert: RAISED_KINDS.filter(
    (kind) => classify(kind).severity === 'alert' && !SILENT.includes(kind),
  ),
  silent: SILENT,
  warning: RAISED_KINDS.filter(
    (kind) => classify(kind).severity === 'warning' && !SILENT.includes(kind),
  ),
}

/** The worst that is open: a contradiction, then silence, then a warning. */
function stateOf({ openKinds }: FleetEntry): BoxState {
  const isOpen = (kinds: readonly string[]) => openKinds.some((kind) => kinds.includes(kind))
  if (isOpen(STATE_KINDS.alert)) return 'alert'
  if (isOpen(STATE_KINDS.silent)) return 'silent'
  return isOpen(STATE_KINDS.warning) ? 'warning' : 'ok'
}
