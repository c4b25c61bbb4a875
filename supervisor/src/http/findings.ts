import { toHex } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { notFound, Problem, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { toldOf } from '../alerts/message.ts'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { classify, explain, isRaisedKind } from '../findings/catalogue.ts'
import { sideInWords } from '../findings/sides.ts'
import { findingsOf, listFindings, type StoredFinding } from '../store/findings.ts'
import { CENTRE, type BoxKey } from '../store/rows.ts'
import { BoxPath, mustHave } from './boxes.ts'
import { tenantOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, pageOf, readTimeCursor, Uuid } from './paging.ts'

const FindingPath = { ...BoxPath.properties, finding: Uuid }

/** What was found, about a box or (`centre` in its place) about the centre itself, with the bytes that show it. */
export function findingRoutes(server: Server, context: Context): void {
  const { database, bytes } = context

  server.get(
    '/api/v1/boxes/:box/findings',
    {
      schema: {
        tags: ['findings'],
        summary: 'What was found about a box, newest first',
        params: BoxPath,
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const subject = await subjectOf(context, tenantOf(request), request.params.box)
      const { limit = DEFAULT_LIMIT, cursor } = request.query
      const at = readTimeCursor(cursor)
      const before = at && { raisedAtMs: at.atMs, findingId: at.id }
      const findings = await listFindings(database, subject.key, limit + 1, before)
      return pageOf(
        findings,
        limit,
        (finding) => shownFinding(subject.name, finding),
        ({ raisedAtMs, findingId }) => [raisedAtMs, findingId],
      )
    },
  )

  server.get(
    '/api/v1/boxes/:box/findings/:finding',
    {
      schema: {
        tags: ['findings'],
        summary: 'One finding, with both sides of the contradiction',
        params: strictObject(FindingPath),
      },
    },
    async (request) => {
      const { box, finding } = request.params
      const subject = await subjectOf(context, tenantOf(request), box)
      return shownFinding(subject.name, await findingOf(context, subject.key, finding))
    },
  )

  server.get(
    '/api/v1/boxes/:box/findings/:finding/evidence/:side',
    {
      schema: {
        tags: ['findings'],
        summary:
          'The bytes of one side as they came, by which it can be shown; 404 where none are kept',
        params: strictObject({
          ...FindingPath,
          side: Type.Union([Type.Literal('expected'), Type.Literal('found')]),
        }),
      },
    },
    async (request, reply) => {
      const { box, finding, side } = request.params
      const { key } = await subjectOf(context, tenantOf(request), box)
      const { expectedEvidence, foundEvidence } = await findingOf(context, key, finding)
      const digest = side === 'expected' ? expectedEvidence : foundEvidence
      if (digest === null) throw notFound()
      const kept = await bytes.get(digest).catch(altered)
      return reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename="${finding}-${side}.bin"`)
        .send(Buffer.from(kept))
    },
  )
}

/** @throws Problem 404 */
async function subjectOf(
  context: Context,
  tenantId: string,
  boxId: string,
): Promise<{ key: BoxKey; name: string }> {
  if (boxId === CENTRE)
    return { key: { tenantId, boxId: CENTRE }, name: context.settings.centreName }
  const box = await mustHave(context, tenantId, boxId)
  return { key: box, name: box.name }
}

/** @throws Problem 404 */
async function findingOf(
  { database }: Context,
  box: BoxKey,
  findingId: string,
): Promise<StoredFinding> {
  const [finding] = await findingsOf(database, box, [findingId])
  if (finding === undefined) throw notFound()
  return finding
}

/** The disk of the centre lost or changed what it kept: no other bytes are given out in its place. */
function altered(error: unknown): never {
  if (!(error instanceof SupervisorError) || error.code !== 'stored-bytes-altered') throw error
  throw new Problem({
    type: 'evidence-altered',
    status: 500,
    title: {
      fr: 'Ces octets ne sont plus ceux que le centre a conservés : lancez « probant supervisor audit ».',
      en: 'These bytes are no longer those that the centre kept: run “probant supervisor audit”.',
    },
    cause: error,
  })
}

/** A finding as the API tells it: both sides, as they were found, in words, and by the digests of the bytes kept. */
export function shownFinding(subject: string, finding: StoredFinding) {
  const told = toldOf(subject, finding)
  const { findingId, kind, seq, origin, raisedAtMs, resolvedAtMs, expected, found } = finding
  const digest = (bytes: Uint8Array | null) => bytes && toHex(bytes)
  return {
    id: findingId,
    kind,
    severity: isRaisedKind(kind) ? classify(kind).severity : 'warning',
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
