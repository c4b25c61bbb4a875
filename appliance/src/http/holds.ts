import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { BoxError, noSuchEntry } from '../errors.ts'
import { describedHold, describedHolds, liftPlacedHold, placeHold } from '../retention/holds.ts'
import { objectsInOrder } from '../store/objects.ts'
import { findHold } from '../store/holds.ts'
import { allowedIn, allowedOnBox } from './caller.ts'
import { DEFAULT_LIMIT, Page, makeCursor, readSeqCursor } from './paging.ts'
import { problemOf } from './problems.ts'
import { refusedAct } from './retention.ts'

/** So many that one trace names them. */
const MOST_HELD = 1000

const Reason = Type.String({ minLength: 1, maxLength: 2000, description: 'Why; kept, erasable' })
const Id = Type.String({ format: 'uuid' })

export function holdRoutes(server: Server, box: Box): void {
  const tags = ['retention']

  server.post(
    '/api/v1/holds',
    {
      schema: {
        tags,
        summary: 'Hold objects, or a whole vault: nothing of it is destroyed while the hold stands',
        body: strictObject({
          reason: Reason,
          vault: Id,
          objects: Type.Optional(
            Type.Array(Id, { minItems: 1, maxItems: MOST_HELD, uniqueItems: true }),
          ),
        }),
      },
    },
    async (request, reply) => {
      const attempted = { act: 'hold-placed' }
      const { vault: vaultId, objects, reason } = request.body
      const { vault, caller } = await allowedIn(box, request, vaultId, 'hold', attempted)
      if (objects !== undefined) {
        const size = Number.MAX_SAFE_INTEGER
        const found = await objectsInOrder(box.database, vault.id, objects, size, MOST_HELD)
        if (found.length < objects.length)
          throw problemOf(new BoxError('no-such-object', 'caller', 'no such object'))
      }
      const hold = { id: box.randomness.uuid(), vaultId: vault.id, objects: objects ?? null }
      await placeHold({ journal: box.journal, actorId: caller.user.id }, hold, reason)
      return reply.code(201).send(await describedHold(box.database, hold.id))
    },
  )

  server.get(
    '/api/v1/holds',
    {
      schema: {
        tags,
        summary: 'Holds, newest first, those that were lifted too',
        querystring: strictObject({ ...Page, vault: Type.Optional(Id) }),
      },
    },
    async (request) => {
      const { vault, limit = DEFAULT_LIMIT, cursor } = request.query
      const act = 'list'
      if (vault === undefined) await allowedOnBox(box, request, 'list', act)
      else await allowedIn(box, request, vault, 'list', { act })
      const before = readSeqCursor(cursor)
      const { items, next } = await describedHolds(box.database, vault ?? null, before, limit)
      return { items, ...(next === undefined ? {} : { nextCursor: makeCursor(next) }) }
    },
  )

  server.post(
    '/api/v1/holds/:hold/lifting',
    {
      schema: {
        tags,
        summary: 'Lift a hold',
        params: strictObject({ hold: Id }),
        body: strictObject({ reason: Reason }),
      },
    },
    async (request) => {
      const act = 'hold-lifted'
      const hold = await findHold(box.database, request.params.hold)
      if (hold === undefined) {
        await allowedOnBox(box, request, 'hold', act)
        throw problemOf(noSuchEntry('Ce gel n’existe pas.', 'This hold does not exist.'))
      }
      const { vault, caller } = await allowedIn(box, request, hold.vaultId, 'hold', { act })
      const actorId = caller.user.id
      await liftPlacedHold({ journal: box.journal, actorId }, hold, request.body.reason).catch(
        refusedAct(box, { act, vault: vault.id, actorId }),
      )
      return describedHold(box.database, hold.id)
    },
  )
}
