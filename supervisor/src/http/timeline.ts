import { formatTime, parseTime } from '@probant/host'
import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { toldOf } from '../alerts/message.ts'
import type { Context } from '../context.ts'
import { classify, explain, isRaisedKind } from '../findings/catalogue.ts'
import { findingsOf, type StoredFinding } from '../store/findings.ts'
import { TIMELINE_TYPES, type TimelineEvent } from '../store/timeline.ts'
import { readTimeline } from '../timeline/timeline.ts'
import { BoxPath, mustHave } from './boxes.ts'
import { tenantOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, nextCursorOf, readEventCursor } from './paging.ts'

const Instant = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
  description: 'UTC, with milliseconds',
})
const types = TIMELINE_TYPES.join('|')

/** All that is known of a box, in the order in which it happened. */
export function timelineRoutes(server: Server, context: Context): void {
  server.get(
    '/api/v1/boxes/:box/timeline',
    {
      schema: {
        tags: ['boxes'],
        summary: 'What happened to a box, newest first; heads and segments by the hour',
        params: BoxPath,
        querystring: strictObject({
          ...Page,
          types: Type.Optional(
            Type.String({
              pattern: `^(${types})(,(${types}))*$`,
              description: 'only these, parted by commas',
            }),
          ),
          from: Type.Optional(Instant),
          until: Type.Optional(Instant),
        }),
      },
    },
    async (request) => {
      const box = await mustHave(context, tenantOf(request), request.params.box)
      const { limit = DEFAULT_LIMIT, cursor, types: named, from, until } = request.query
      const wanted = TIMELINE_TYPES.filter((type) => named?.split(',').includes(type) ?? true)
      const span = {
        nowMs: context.clock.nowMs(),
        before: readEventCursor(cursor),
        fromMs: from === undefined ? null : parseTime(from),
        untilMs: until === undefined ? null : parseTime(until),
      }
      const { events, next } = await readTimeline(context.database, box, wanted, span, limit)
      const ids = events.flatMap(({ data }) =>
        typeof data['finding'] === 'string' ? [data['finding']] : [],
      )
      const findings = await findingsOf(context.database, box, ids)
      const byId = new Map(findings.map((finding) => [finding.findingId, finding]))
      return {
        items: events.map((event) => shown(box.name, event, byId)),
        ...(next === undefined ? {} : { nextCursor: nextCursorOf([next.atMs, next.id]) }),
      }
    },
  )
}

/** An event with its instants as text, and with what was found in words. */
function shown(
  subject: string,
  { id, atMs, type, data }: TimelineEvent,
  findings: ReadonlyMap<string, StoredFinding>,
) {
  const told = Object.entries(data).map(([name, value]): [string, string | number | null] =>
    name.endsWith('Ms') && typeof value === 'number'
      ? [name.slice(0, -2), formatTime(value)]
      : [name, value],
  )
  const finding = findings.get(String(data['finding']))
  return {
    id,
    at: formatTime(atMs),
    type,
    ...Object.fromEntries(told),
    ...(finding === undefined ? {} : inWords(subject, finding)),
  }
}

function inWords(subject: string, finding: StoredFinding) {
  const { kind, seq } = finding
  const told = toldOf(subject, finding)
  return {
    kind,
    seq,
    severity: isRaisedKind(kind) ? classify(kind).severity : 'warning',
    ...(told === undefined ? {} : { sentence: explain(told).sentence }),
  }
}
