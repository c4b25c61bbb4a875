import { EvidenceError, fromBase64, toBase64, toHex } from '@probant/evidence'
import {
  MAX_TIMESTAMP_ANSWER_CHARACTERS,
  MAX_TIMESTAMP_LISTS_CHARACTERS,
  type Timestamp,
  type TimestampAnswer,
} from '@probant/shipping'
import { relayRequest, TimestampError, type RelayedAnswer } from '@probant/timestamping'
import { formatTime } from '@probant/host'
import { append } from '../alerts/journal.ts'
import type { Context } from '../context.ts'
import { addUsage } from '../store/box-usage.ts'
import type { BoxKey } from '../store/rows.ts'

/** A token a minute at most is what a box could use; most ask once an hour. */
const PER_BOX_DAILY = 200

/**
 * Brings a box's request to the authority of that name in the centre's own settings: a box names, it gives no address. What comes
 * back is the box's to judge. Each that went out is journalled before its answer leaves.
 */
export async function relayTimestamp(
  context: Context,
  box: BoxKey,
  { authority: name, request }: Timestamp,
): Promise<TimestampAnswer> {
  const { settings, clock, database, logger, crypto } = context
  const { authorities = [], proxy, perBoxDaily = PER_BOX_DAILY } = settings.timestamping ?? {}
  const authority = authorities.find((one) => one.name === name && one.via === undefined)
  if (authority === undefined) return { status: 404, reason: `no authority ${name} is known here` }
  const day = formatTime(clock.nowMs()).slice(0, 10)
  const { timestamps } = await addUsage(database, box, day, { timestamps: 1 })
  if (timestamps > perBoxDaily)
    return { status: 429, reason: `more than ${perBoxDaily} requests today` }
  try {
    const bytes = fromBase64(request)
    const relayed = await relayRequest(authority, bytes, { crypto, clock, proxy })
    const requestSha256 = toHex(crypto.hash('sha256', bytes))
    const answerSha256 = toHex(crypto.hash('sha256', relayed.answer))
    await journal(context, box, 'done', { authority: name, requestSha256, answerSha256 })
    return answerOf(relayed)
  } catch (error) {
    if (error instanceof EvidenceError) return { status: 422, reason: error.message }
    if (!(error instanceof TimestampError)) throw error
    const { code, message } = error
    if (code === 'not-a-request') return { status: 422, reason: message }
    logger.warn({ boxId: box.boxId, authority: name, code, err: error }, 'no token for a box')
    await journal(context, box, 'failed', { authority: name, reason: code })
    return { status: 502, reason: `${code}: ${message}`.slice(0, 4000) }
  }
}

function answerOf({ answer, lists }: RelayedAnswer): TimestampAnswer {
  const encoded = { answer: toBase64(answer), lists: lists.map(toBase64) }
  const listed = encoded.lists.reduce((sum, { length }) => sum + length, 0)
  const fits =
    encoded.answer.length <= MAX_TIMESTAMP_ANSWER_CHARACTERS &&
    listed <= MAX_TIMESTAMP_LISTS_CHARACTERS
  return fits
    ? { status: 200, ...encoded }
    : { status: 502, reason: 'too-large: the answer and its lists' }
}

async function journal(
  context: Context,
  { tenantId, boxId }: BoxKey,
  outcome: 'done' | 'failed',
  data: Record<string, string>,
): Promise<void> {
  const act = { act: 'timestamp-relayed', outcome, data: { box: boxId, ...data } } as const
  await context.database.transaction((client) => append(client, context, tenantId, [act]), {
    attempts: 3,
  })
  context.wake()
}
