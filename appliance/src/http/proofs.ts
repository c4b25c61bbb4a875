import { strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { may } from '../access/permissions.ts'
import type { Box } from '../box.ts'
import { evidenceBundle } from '../reading/bundle.ts'
import { allowedIn, performed } from './caller.ts'
import { ObjectPath, objectFor } from './objects.ts'

export function proofRoutes(server: Server, box: Box): void {
  server.get(
    '/api/v1/vaults/:vault/objects/:id/proof',
    {
      schema: {
        tags: ['objects'],
        summary:
          'Evidence bundle (zip); without the document on demand, and for callers who may not read it',
        params: ObjectPath,
        querystring: strictObject({ content: Type.Optional(Type.Boolean({ default: true })) }),
      },
    },
    async (request, reply) => {
      const { vault: vaultId, id } = request.params
      const attempted = { act: 'proof', object: id }
      const allowed = await allowedIn(box, request, vaultId, 'prove', attempted)
      const object = await objectFor(box, allowed, id, attempted.act)
      const { vault, caller, rights } = allowed
      const mayRead = may('read-content', caller.user.roles, rights)
      const withContent = mayRead && request.query.content !== false
      const bundle = await evidenceBundle(
        box,
        await box.ciphers.of(vault),
        object,
        withContent,
        mayRead,
      )
      await performed(
        box,
        caller,
        'proof',
        { vault: vault.id, object: id },
        { content: withContent },
      )
      return await reply
        .header('content-type', 'application/zip')
        .header('content-disposition', `attachment; filename="preuve-${id}.zip"`)
        .send(bundle)
    },
  )
}
