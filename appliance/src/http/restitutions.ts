import { toHex } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { Problem, strictObject, type Server } from '@probant/web'
import { Type, type Static } from 'typebox'
import type { Box } from '../box.ts'
import { destroy, refuseUnlessAllowed } from '../destruction/destruction.ts'
import { destructionBundle } from '../destruction/proof.ts'
import { whyMissing } from '../destruction/tombstone.ts'
import { noSuchEntry, type Words } from '../errors.ts'
import { filesOf, type ObjectFile } from '../reading/files.ts'
import { RESTITUTION_HOURS, Restitutions } from '../restitution/restitutions.ts'
import { findTombstone } from '../store/destruction.ts'
import { allowedIn, callerOf } from './caller.ts'
import { Reason, destructionContext, sendDestructionProof } from './destructions.ts'
import { ObjectPath, objectFor } from './objects.ts'
import { problemOf } from './problems.ts'

const hexDigest = Type.String({ pattern: '^[0-9a-fA-F]{64}$' })
const Digests = strictObject({ sha256: hexDigest, 'sha3-256': hexDigest })
/** Of the one file, or of each in their order. */
const Confirmation = strictObject({
  digests: Type.Union([Digests, Type.Array(Digests, { minItems: 1, maxItems: 1000 })]),
})

export function restitutionRoutes(server: Server, box: Box): void {
  const tags = ['objects']
  const act = 'restitution'
  const context = destructionContext(box)
  const restitutions = new Restitutions(box.journal, box.clock, box.randomness)

  server.post(
    '/api/v1/vaults/:vault/objects/:id/restitutions',
    {
      schema: {
        tags,
        summary: 'Begin a restitution: read the object, confirm its digests, and it is destroyed',
        params: ObjectPath,
        body: Type.Union([
          strictObject({ reason: Type.Optional(Reason) }),
          Type.Null(),
          Type.Undefined(),
        ]),
      },
    },
    async (request, reply) => {
      const { vault: vaultId, id } = request.params
      const attempted = { act, object: id }
      await allowedIn(box, request, vaultId, 'destroy', attempted)
      const allowed = await allowedIn(box, request, vaultId, 'read-content', attempted)
      const object = await objectFor(box, allowed, id, act)
      const { vault, caller } = allowed
      const actorId = caller.user.id
      const grounds = request.body?.reason ?? 'restitution'
      const order = { vault, object, actorId, grounds, by: 'restitution' } as const
      await refuseUnlessAllowed(context, order, act).catch((error: unknown) => {
        throw problemOf(error)
      })
      const begun = restitutions.begin({ vaultId: vault.id, objectId: id, actorId, grounds })
      const expiresAt = formatTime(box.clock.nowMs() + RESTITUTION_HOURS * 3_600_000)
      await box.journal.record({
        ...{ act, outcome: 'done', vault: vault.id, object: id, actorId },
        hidden: { grounds },
        data: { restitution: begun.id, expires: expiresAt },
      })
      return reply.code(201).send({
        ...{ id: begun.id, vault: vault.id, object: id, expiresAt },
        files: filesOf(object).map(({ number, sizeBytes }) => ({ number, size: sizeBytes })),
      })
    },
  )

  server.post(
    '/api/v1/restitutions/:restitution/confirmation',
    {
      schema: {
        tags,
        summary: 'Confirm the digests of every byte read; the object is destroyed, with its proof',
        params: strictObject({ restitution: Type.String({ format: 'uuid' }) }),
        body: Confirmation,
      },
    },
    async (request, reply) => {
      const { user } = callerOf(request)
      const restitution = restitutions.find(request.params.restitution, user.id)
      if (restitution === undefined)
        throw problemOf(
          noSuchEntry(
            'Cette restitution n’est pas en cours : elle a expiré ou a été interrompue. Rien n’a été détruit.',
            'This restitution is not under way: it expired or was interrupted. Nothing was destroyed.',
          ),
        )
      const { id, vaultId, objectId, grounds } = restitution
      const attempted = { act, object: objectId }
      await allowedIn(box, request, vaultId, 'destroy', attempted)
      const allowed = await allowedIn(box, request, vaultId, 'read-content', attempted)
      const object = await objectFor(box, allowed, objectId, act)
      const { vault } = allowed
      const files = filesOf(object)
      const refusal = files.every(({ number }) => restitution.read.has(number))
        ? isConfirmed(files, request.body.digests)
          ? undefined
          : 'digest-mismatch'
        : 'not-read'
      if (refusal !== undefined) {
        await box.journal.record({
          ...{ ...attempted, outcome: 'refused', vault: vault.id, actorId: user.id },
          data: { reason: refusal, restitution: id },
        })
        throw refused(refusal)
      }
      const order = { vault, object, actorId: user.id, grounds, by: 'restitution' } as const
      await destroy(context, order).catch((error: unknown) => {
        throw problemOf(error)
      })
      restitutions.end(id)
      const tombstone = await findTombstone(box.database, vault.id, objectId)
      if (tombstone === undefined)
        throw problemOf(await whyMissing(box.database, vault.id, objectId))
      return await sendDestructionProof(reply, objectId, await destructionBundle(box, tombstone))
    },
  )
}

function isConfirmed(
  files: readonly ObjectFile[],
  given: Static<typeof Confirmation>['digests'],
): boolean {
  const list = Array.isArray(given) ? given : [given]
  return (
    list.length === files.length &&
    files.every(({ sha256, sha3 }, at) => {
      const digests = list[at]
      return (
        digests?.sha256.toLowerCase() === toHex(sha256) &&
        digests['sha3-256'].toLowerCase() === toHex(sha3)
      )
    })
  )
}

const refusals: Readonly<Record<'digest-mismatch' | 'not-read', Words>> = {
  'digest-mismatch': {
    fr: 'Les empreintes données ne sont pas celles du document : rien n’a été détruit.',
    en: 'The digests given are not those of the document: nothing was destroyed.',
  },
  'not-read': {
    fr: 'Le document n’a pas été lu en entier depuis le début de la restitution : rien n’a été détruit.',
    en: 'The document was not read since the restitution began: nothing was destroyed.',
  },
}

const refused = (type: keyof typeof refusals) =>
  new Problem({ type, status: type === 'not-read' ? 409 : 422, title: refusals[type] })
