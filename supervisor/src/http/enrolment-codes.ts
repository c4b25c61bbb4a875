import { formatTime } from '@probant/host'
import { notFound, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { revokeCode, stateOf } from '../enrolment/codes.ts'
import { listEnrolmentCodes, type ListedEnrolmentCode } from '../store/enrolment-codes.ts'
import { callerOf, tenantOf } from './caller.ts'
import { DEFAULT_LIMIT, Page, pageOf, readEventCursor } from './paging.ts'

/** The codes that were given out: what they allow, and what became of them. A code itself is never shown again. */
export function enrolmentCodeRoutes(server: Server, context: Context): void {
  server.get(
    '/api/v1/enrolment-codes',
    {
      schema: {
        tags: ['enrolments'],
        summary: 'Codes that were given out, newest first, by their first letters',
        querystring: strictObject(Page),
      },
    },
    async (request) => {
      const { limit = DEFAULT_LIMIT, cursor } = request.query
      const at = readEventCursor(cursor)
      const before = at && { issuedAtMs: at.atMs, codeId: at.id }
      const tenantId = tenantOf(request)
      const codes = await listEnrolmentCodes(context.database, tenantId, limit + 1, before)
      return pageOf(
        codes,
        limit,
        (code) => shownCode(context, code),
        ({ issuedAtMs, codeId }) => [issuedAtMs, codeId],
      )
    },
  )

  server.delete(
    '/api/v1/enrolment-codes/:code',
    {
      schema: {
        tags: ['enrolments'],
        summary: 'Take a code back that was not used yet',
        params: strictObject({ code: Type.String({ pattern: '^[0-9A-Z]{8}$' }) }),
      },
    },
    async (request, reply) => {
      const { operator } = callerOf(request)
      if (!(await revokeCode(context, operator, request.params.code))) throw notFound()
      return reply.code(204).send()
    },
  )
}

function shownCode(context: Context, code: ListedEnrolmentCode) {
  return {
    id: code.codeId,
    box: code.boxId,
    name: code.name,
    state: stateOf(context, code),
    refusals: code.refusals,
    issuedBy: code.issuer,
    issuedAt: formatTime(code.issuedAtMs),
    expiresAt: formatTime(code.expiresAtMs),
  }
}
