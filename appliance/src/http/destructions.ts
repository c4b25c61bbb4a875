import { strictObject, type Server } from '@probant/web'
import type { FastifyReply } from 'fastify'
import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { destroy, type DestructionContext } from '../destruction/destruction.ts'
import { destructionBundle } from '../destruction/proof.ts'
import { whyMissing } from '../destruction/tombstone.ts'
import { DEFAULT_SCHEDULE } from '../rotation/context.ts'
import { findTombstone } from '../store/destruction.ts'
import { allowedIn } from './caller.ts'
import { ObjectPath, journalIntegrityFailure, objectFor } from './objects.ts'
import { problemOf } from './problems.ts'

/** Why something is destroyed or emptied, in a person's words. */
export const Reason = Type.String({ minLength: 1, maxLength: 2000, description: 'Why' })

/** What it takes to destroy on this box. */
export const destructionContext = (box: Box): DestructionContext => ({
  ...box,
  keyEpochs: box.settings.keyEpochs ?? DEFAULT_SCHEDULE,
})

export function sendDestructionProof(
  reply: FastifyReply,
  id: string,
  bundle: Readable,
): FastifyReply {
  return reply
    .header('content-type', 'application/zip')
    .header('content-disposition', `attachment; filename="preuve-destruction-${id}.zip"`)
    .send(bundle)
}

export function destructionRoutes(server: Server, box: Box): void {
  const context = destructionContext(box)

  server.delete(
    '/api/v1/vaults/:vault/objects/:id',
    {
      schema: {
        tags: ['objects'],
        summary: 'Destroy an object for good; answers the proof of destruction (zip)',
        params: ObjectPath,
        body: strictObject({ reason: Reason }),
      },
    },
    async (request, reply) => {
      const { vault: vaultId, id } = request.params
      const attempted = { act: 'destroy', object: id }
      const allowed = await allowedIn(box, request, vaultId, 'destroy', attempted)
      const object = await objectFor(box, allowed, id, attempted.act)
      const { vault, caller } = allowed
      const grounds = request.body.reason
      const order = { vault, object, actorId: caller.user.id, grounds, by: 'request' } as const
      await destroy(context, order).catch(async (error: unknown) => {
        if (hasCode(error, 'integrity-failure'))
          await journalIntegrityFailure(box, caller.user.id, vault.id, id, attempted.act)
        throw problemOf(hasCode(error, 'destroyed') ? await missing(box, vault.id, id) : error)
      })
      const tombstone = await findTombstone(box.database, vault.id, id)
      if (tombstone === undefined) throw problemOf(await missing(box, vault.id, id))
      return await sendDestructionProof(reply, id, await destructionBundle(box, tombstone))
    },
  )
}

const missing = (box: Box, vaultId: string, id: string) => whyMissing(box.database, vaultId, id)

const hasCode = (error: unknown, code: string) =>
  error instanceof Error && 'code' in error && error.code === code
