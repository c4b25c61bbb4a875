import { parseTrace } from '@probant/evidence'
import { notFound, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { exportSegment } from '../alerts/export.ts'
import type { Context } from '../context.ts'
import { alertCheckpoint, readAlertTraces } from '../store/alert-journal.ts'
import { tenantOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, pageOf, readPlainCursor } from './paging.ts'

/** The centre's own journal: what it found, whom it told, who answered. Only what is under a signed checkpoint is shown. */
export function alertJournalRoutes(server: Server, context: Context): void {
  server.get(
    '/api/v1/alert-journal',
    {
      schema: {
        tags: ['alert journal'],
        summary: 'Entries of the alert journal, newest first',
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const { limit = DEFAULT_LIMIT, cursor } = request.query
      const { database, keys } = context
      const checkpoint = await alertCheckpoint(database, tenantId)
      const size = checkpoint?.size ?? 0
      const end = Math.min(readPlainCursor(cursor, 'number') ?? size, size)
      const start = Math.max(0, end - limit - 1)
      const traces = await readAlertTraces(database, tenantId, start, end)
      const entries = traces.map(parseTrace).reverse()
      return {
        ...pageOf(
          entries,
          limit,
          ({ seq, time, act, outcome, data, actor }) => ({ seq, time, act, outcome, data, actor }),
          ({ seq }) => [seq],
        ),
        checkpoint: checkpoint ?? null,
        key: keys.alertJournalVkey,
      }
    },
  )

  server.get(
    '/api/v1/alert-journal/segments/:start',
    {
      schema: {
        tags: ['alert journal'],
        summary: 'Exact bytes from an entry on, as `probant journal verify` reads them',
        params: strictObject({ start: Type.Integer({ minimum: 0 }) }),
      },
    },
    async (request, reply) => {
      const segment = await exportSegment(context, tenantOf(request), request.params.start)
      if (segment === undefined) throw notFound()
      return reply
        .type('application/octet-stream')
        .header('x-next-start', String(segment.end))
        .send(Buffer.from(segment.bytes))
    },
  )
}
