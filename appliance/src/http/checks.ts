import { fromHex } from '@probant/evidence'
import { strictObject, type Server } from '@probant/web'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Box } from '../box.ts'
import { digest } from '../deposit/reception.ts'
import { isIntact } from '../reading/content.ts'
import type { VaultCipher } from '../store/cipher.ts'
import {
  allObjectsOf,
  enclosedAnewSince,
  findByDigests,
  findObject,
  type StoredObject,
} from '../store/objects.ts'
import { allowedIn, performed } from './caller.ts'
import { ObjectPath, journalIntegrityFailure, objectFor } from './objects.ts'
import { problemOf } from './problems.ts'
import { VaultPath } from './vaults.ts'
import { unacceptable } from '../errors.ts'

const hexDigest = Type.String({ pattern: '^[0-9a-fA-F]{64}$' })
const Digests = strictObject({
  digests: strictObject({ sha256: hexDigest, 'sha3-256': hexDigest }),
})
const OBJECTS_AT_ONCE = 100
const NAMED_BAD_OBJECTS = 100

export function checkRoutes(server: Server, box: Box): void {
  const tags = ['integrity']
  const attempted = { act: 'integrity-check' }

  server.post(
    '/api/v1/vaults/:vault/objects/:id/integrity-checks',
    {
      schema: { tags, summary: 'Recompute one object’s digests now', params: ObjectPath },
    },
    async (request) => {
      const { vault: vaultId, id } = request.params
      const allowed = await allowedIn(box, request, vaultId, 'check', { ...attempted, object: id })
      const object = await objectFor(box, allowed, id, attempted.act)
      const { vault, caller } = allowed
      const cipher = await box.ciphers.of(vault)
      const intact = await isIntact(box.crypto, box.files, cipher, object)
      if (intact) await performed(box, caller, attempted.act, { vault: vault.id, object: id })
      else await journalIntegrityFailure(box, caller.user.id, vault.id, id, attempted.act)
      return { intact, checked: 1, altered: intact ? [] : [id] }
    },
  )

  server.post(
    '/api/v1/vaults/:vault/integrity-checks',
    { schema: { tags, summary: 'Recompute every object of the vault now', params: VaultPath } },
    async (request) => {
      const { vault, caller } = await allowedIn(
        box,
        request,
        request.params.vault,
        'check',
        attempted,
      )
      const cipher = await box.ciphers.of(vault)
      const altered: string[] = []
      let checked = 0
      for (let after = -1; ;) {
        const page = await allObjectsOf(box.database, vault.id, after, OBJECTS_AT_ONCE)
        for (const object of page) {
          if (!(await isStillIntact(box, cipher, object))) altered.push(object.id)
          after = object.depositSeq
          checked += 1
        }
        if (page.length < OBJECTS_AT_ONCE) break
      }
      const intact = altered.length === 0
      await box.journal.record({
        ...attempted,
        outcome: intact ? 'done' : 'failed',
        vault: vault.id,
        actorId: caller.user.id,
        data: {
          checked,
          badObjects: altered.slice(0, NAMED_BAD_OBJECTS),
          firstBadSeq: null,
          ...(intact ? {} : { reason: 'integrity-failure' }),
        },
      })
      return { intact, checked, altered }
    },
  )

  server.post(
    '/api/v1/vaults/:vault/comparisons',
    {
      schema: {
        tags,
        summary:
          'Which objects are identical to this file (multipart `file`), or have these digests (JSON)',
        params: VaultPath,
        body: Type.Union([Digests, Type.Null(), Type.Undefined()]),
      },
    },
    async (request) => {
      const { vault, caller } = await allowedIn(box, request, request.params.vault, 'check', {
        act: 'comparison',
      })
      const { sha256, sha3 } = request.isMultipart()
        ? await digestsOfFile(box, request)
        : digestsGiven(request.body)
      const identical = await findByDigests(box.database, vault.id, sha256, sha3)
      await performed(box, caller, 'comparison', { vault: vault.id }, { found: identical.length })
      return { identical }
    },
  )
}

/** Its data key may have been enclosed anew since its page was read, which may be long ago. */
async function isStillIntact(box: Box, cipher: VaultCipher, object: StoredObject) {
  const { crypto, database, files } = box
  if (await isIntact(crypto, files, cipher, object)) return true
  // Destroyed since its page was read.
  if ((await findObject(database, object.vaultId, object.id)) === undefined) return true
  const now = await enclosedAnewSince(database, object)
  return now !== undefined && isIntact(crypto, files, cipher, now)
}

function digestsGiven(body: Static<typeof Digests> | null | undefined) {
  if (body === null || body === undefined)
    throw problemOf(
      unacceptable(
        'Ni fichier ni empreintes n’ont été envoyés.',
        'Neither a file nor digests were sent.',
      ),
    )
  const { digests } = body
  return {
    sha256: fromHex(digests.sha256.toLowerCase()),
    sha3: fromHex(digests['sha3-256'].toLowerCase()),
  }
}

/** Digests of an uploaded file, of which nothing is kept. */
async function digestsOfFile(box: Box, request: FastifyRequest) {
  const part = await request.file()
  if (part?.fieldname !== 'file')
    throw problemOf(unacceptable('La partie « file » manque.', 'The part “file” is missing.'))
  const bytes = part.file as AsyncIterable<Uint8Array>
  return digest(box.crypto, bytes, box.settings.limits.objectBytes)
}
