import { EvidenceError, fromBase64, toBase64 } from '@probant/evidence'
import { TimestampError, type RelayedAnswer } from '@probant/timestamping'
import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'

const Base64 = (maxLength: number) => Type.String({ maxLength, pattern: '^[A-Za-z0-9+/]*={0,2}$' })

const AnswerBody = strictObject({
  id: Type.String({ minLength: 1, maxLength: 64 }),
  answer: Type.Optional(Base64(100_000)),
  lists: Type.Optional(Type.Array(Base64(500_000), { maxItems: 8 })),
  /** In place of an answer. */
  status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599 })),
  reason: Type.Optional(Type.String({ maxLength: 5000 })),
})

/** What the agent carries to the supervision centre's authorities, and what it brings back. */
export function timestampRoutes(server: Server, { relay }: Pick<Box, 'relay'>): void {
  server.get('/timestamp-requests', () => ({
    requests: relay.waiting.map(({ id, authority, request }) => ({
      id,
      authority,
      request: toBase64(request),
    })),
  }))

  server.post('/timestamp-answers', { schema: { body: AnswerBody } }, async (request, reply) => {
    const { id, answer, lists = [], status, reason = '' } = request.body
    const outcome =
      answer === undefined
        ? new TimestampError('refused-by-centre', `the centre answers ${status ?? 0}: ${reason}`)
        : relayed(answer, lists)
    return reply.code(relay.take(id, outcome) ? 204 : 404).send()
  })
}

function relayed(answer: string, lists: readonly string[]): RelayedAnswer | TimestampError {
  try {
    return { answer: fromBase64(answer), lists: lists.map(fromBase64) }
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    return new TimestampError('not-an-answer', `the centre: ${error.message}`)
  }
}
