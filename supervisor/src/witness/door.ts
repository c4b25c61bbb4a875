import { EvidenceError, parseCheckpoint, parseNote } from '@probant/evidence'
import { isFatal } from '@probant/host'
import {
  MAX_ADD_CHECKPOINT_BYTES,
  parseAddCheckpoint,
  ShippingError,
  TLOG_SIZE_TYPE,
  type Head,
  type HeadAnswer,
} from '@probant/shipping'
import { createServer, type Server } from '@probant/web'
import type { Context } from '../context.ts'
import { raiseInSession, type Session } from '../intake/session.ts'
import { witnessedBox } from '../store/boxes.ts'
import { openOrigin, type Origin } from '../store/origins.ts'
import { judgeHead } from './head.ts'

/** A box asks once a minute; behind one address there may be hundreds. */
const REQUESTS = { max: 1200, timeWindowMs: 60_000 }

interface DoorAnswer {
  readonly status: 400 | HeadAnswer['status']
  /** Without it: words, or signature lines. */
  readonly type?: typeof TLOG_SIZE_TYPE
  readonly text: string
}

/**
 * `POST /add-checkpoint` (C2SP tlog-witness) for journals that other centres follow. Nobody signs in: what counts is the journal's
 * signature. So anybody may bring a head that was public once, and only two heads that contradict each other, both signed by the
 * box, are held against it.
 * @param halt called with an error after which the process must end
 */
export async function createDoor(
  context: Context,
  halt: (error: unknown) => void,
): Promise<Server> {
  const { logger, clock, randomness } = context
  const server = await createServer({
    logger,
    clock,
    randomness,
    openapi: { title: 'Probant witness', version: '1' },
    bodyLimitBytes: MAX_ADD_CHECKPOINT_BYTES,
    rateLimit: REQUESTS,
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body)
  })
  server.post('/add-checkpoint', { schema: { hide: true } }, async (request, reply) => {
    const body: unknown = request.body
    try {
      const { status, type, text } = await answer(context, typeof body === 'string' ? body : '')
      return await reply
        .code(status)
        .type(type ?? 'text/plain; charset=utf-8')
        .send(text)
    } catch (error) {
      if (isFatal(error)) halt(error)
      throw error
    }
  })
  return server
}

async function answer(context: Context, body: string): Promise<DoorAnswer> {
  let head: Head
  let named: { origin: string; size: number }
  try {
    head = parseAddCheckpoint(body)
    named = parseCheckpoint(parseNote(head.note).text)
  } catch (error) {
    if (error instanceof ShippingError || error instanceof EvidenceError)
      return { status: 400, text: `${error.message}\n` }
    throw error
  }
  const session = await sessionOf(context, named.origin)
  if (session === undefined) return { status: 404, text: 'this journal is not known here\n' }
  const { answer, fact } = await judgeHead(context, session, head)
  const { status, size = 0, lines = [], reason = '' } = answer
  if (fact?.kind === 'fork') await raiseInSession(context, session, [fact])
  if (status === 200) return { status, text: lines.map((line) => `${line}\n`).join('') }
  if (status === 403 || status === 404) return { status, text: `${reason}\n` }
  if (head.oldSize > named.size) return { status: 400, text: 'old is more than the checkpoint\n' }
  if (status === 409) return { status, type: TLOG_SIZE_TYPE, text: `${size}\n` }
  return { status, text: `${reason}\n` }
}

async function sessionOf(context: Context, name: string): Promise<Session | undefined> {
  const { database } = context
  const box = await witnessedBox(database, name)
  const origin: Origin | undefined = box && (await openOrigin(database, box))
  if (box === undefined || origin?.origin !== name) return undefined
  return {
    box,
    epoch: null,
    origin,
    databaseSize: null,
    sizeToShip: 0,
    answered: new Set(),
    platform: null,
    hasShipped: false,
    isWhole: false,
  }
}
