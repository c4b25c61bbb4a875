import { Problem, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { BoxError } from '../errors.ts'
import { destructionBundle } from '../destruction/proof.ts'
import { evidenceBundle } from '../reading/bundle.ts'
import { evidenceCollection } from '../reading/collection.ts'
import { findTombstone } from '../store/destruction.ts'
import { objectsInOrder } from '../store/objects.ts'
import { allowedIn, performed, type VaultCaller } from './caller.ts'
import { sendDestructionProof } from './destructions.ts'
import { ObjectPath, journalIntegrityFailure, objectFor } from './objects.ts'
import { problemOf } from './problems.ts'
import { VaultPath } from './vaults.ts'

/** So many that a verifier still opens the zip: 100,000 entries, README and listing among them. */
const MAX_COLLECTED = 99_998
/** So many that a call still names them one by one. */
const MAX_NAMED = 10_000

const withOrWithout = { content: Type.Optional(Type.Boolean({ default: true })) }
const Selection = Type.Union([
  strictObject({
    objects: Type.Array(Type.String({ format: 'uuid' }), {
      minItems: 1,
      maxItems: MAX_NAMED,
      uniqueItems: true,
    }),
    ...withOrWithout,
  }),
  strictObject({ all: Type.Literal(true), ...withOrWithout }),
])

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
      const tombstone = await findTombstone(box.database, allowed.vault.id, id)
      if (tombstone !== undefined) {
        const bundle = await destructionBundle(box, tombstone)
        await performed(box, allowed.caller, 'proof', { vault: vaultId, object: id })
        return await sendDestructionProof(reply, id, bundle)
      }
      const object = await objectFor(box, allowed, id, attempted.act)
      const { vault, caller, permissions } = allowed
      const mayRead = permissions.has('read-content')
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

  server.post(
    '/api/v1/vaults/:vault/proofs',
    {
      schema: {
        tags: ['objects'],
        summary:
          'Evidence bundles of a selection (`objects`) or of the whole vault (`all`), as one zip that comes as it is made; each object leaves a trace of its own',
        params: VaultPath,
        body: Selection,
      },
    },
    async (request, reply) => {
      const { body } = request
      const allowed = await allowedIn(box, request, request.params.vault, 'prove', { act: 'proof' })
      const { vault, caller, permissions } = allowed
      const among = 'objects' in body ? body.objects : null
      const { size: journalSize } = box.journal
      const ids = await selected(box, allowed, among, journalSize)
      const mayRead = permissions.has('read-content')
      const where = (object: { readonly id: string }) => ({ vault: vault.id, object: object.id })
      const collection = evidenceCollection(box, {
        cipher: await box.ciphers.of(vault),
        vault: vault.id,
        selection: among === null ? 'vault' : 'objects',
        journalSize,
        ids,
        withContent: mayRead && body.content !== false,
        withDescription: mayRead,
        given: (object, content) => performed(box, caller, 'proof', where(object), { content }),
        altered: ({ id }) => journalIntegrityFailure(box, caller.user.id, vault.id, id, 'proof'),
      })
      return await reply
        .header('content-type', 'application/zip')
        .header('content-disposition', `attachment; filename="preuves-${vault.id}.zip"`)
        .send(collection)
    },
  )
}

/** The objects asked for, all of them there. @throws Problem 404, 422; a refusal is journalled */
async function selected(
  box: Box,
  { vault, caller }: VaultCaller,
  among: readonly string[] | null,
  journalSize: number,
): Promise<string[]> {
  const limit = MAX_COLLECTED + 1
  const found = await objectsInOrder(box.database, vault.id, among, journalSize, limit)
  const refuse = async (reason: string, problem: unknown): Promise<never> => {
    await box.journal.record({
      act: 'proof',
      outcome: 'refused',
      vault: vault.id,
      actorId: caller.user.id,
      data: { reason },
    })
    throw problem
  }
  if (among !== null && found.length < among.length) {
    const known = new Set(found)
    const missing = among.find((id) => !known.has(id)) ?? ''
    const words = { fr: `Il n’y a pas d’objet ${missing}.`, en: `There is no object ${missing}.` }
    const error = new BoxError('no-such-object', 'caller', words.en, { words })
    return refuse('no-such-object', problemOf(error))
  }
  if (found.length === 0) return refuse('nothing-to-prove', nothingToProve)
  return found.length > MAX_COLLECTED ? refuse('too-many-objects', tooManyObjects) : found
}

const nothingToProve = new Problem({
  type: 'nothing-to-prove',
  status: 422,
  title: { fr: 'Ce coffre est vide.', en: 'This vault is empty.' },
})

const tooManyObjects = new Problem({
  type: 'too-many-objects',
  status: 422,
  title: {
    fr: `Ce coffre compte plus de ${MAX_COLLECTED} objets : demandez-en les preuves par sélections.`,
    en: `This vault has more than ${MAX_COLLECTED} objects: ask for their proofs by selections.`,
  },
})
