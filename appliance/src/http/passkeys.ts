import { formatTime } from '@probant/host'
import { PostgresError } from '@probant/postgres'
import { Problem, signInRateLimit, strictObject, type Server } from '@probant/web'
import { Type, type Static } from 'typebox'
import type { Passkeys } from '../access/passkeys.ts'
import type { Box } from '../box.ts'
import { BoxError, noSuchEntry } from '../errors.ts'
import { addPasskey, passkeysOf as storedPasskeys, removePasskey } from '../store/passkeys.ts'
import { addFactor } from '../store/sessions.ts'
import { signedIn, withPassword, Password } from './own-account.ts'
import { problemOf } from './problems.ts'

const Base64Url = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[A-Za-z0-9_-]+$' })
const CredentialId = Base64Url(1400)

/** What `PublicKeyCredential.toJSON()` holds after signing in, without what isn't looked at. */
export const AuthenticationResponse = strictObject({
  id: CredentialId,
  clientDataJSON: Base64Url(8000),
  authenticatorData: Base64Url(8000),
  signature: Base64Url(8000),
  userHandle: Type.Optional(Base64Url(100)),
})

/** The same after a new one was made. */
const RegistrationResponse = strictObject({
  id: CredentialId,
  clientDataJSON: Base64Url(8000),
  attestationObject: Base64Url(30_000),
  transports: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 10 })),
})

/** @throws Problem 409 where no host is configured that passkeys could be bound to */
export function passkeysOf(box: Box): Passkeys {
  if (box.passkeys !== undefined) return box.passkeys
  throw new Problem({
    type: 'passkeys-not-configured',
    status: 409,
    title: {
      fr: 'Les clés d’accès ne sont pas configurées sur ce boîtier.',
      en: 'Passkeys are not configured on this box.',
    },
  })
}

/** One’s own passkeys: made, listed, removed. */
export function passkeyRoutes(server: Server, box: Box): void {
  const tags = ['sign-in']

  server.post(
    '/api/v1/passkeys/challenges',
    {
      config: signInRateLimit,
      schema: {
        tags,
        summary: 'What navigator.credentials.create needs to make a passkey',
        body: strictObject({ password: Password }),
      },
    },
    async (request, reply) => {
      const { user } = await withPassword(box, request, request.body.password, 'passkey-added')
      const known = await storedPasskeys(box.database, user.id)
      return reply.code(201).send(await passkeysOf(box).creationOptions(user, known))
    },
  )

  server.post(
    '/api/v1/passkeys',
    {
      config: signInRateLimit,
      schema: {
        tags,
        summary: 'Keep a passkey that the browser made',
        body: strictObject({
          label: Type.String({ minLength: 1, maxLength: 100 }),
          response: RegistrationResponse,
        }),
      },
    },
    async (request, reply) => {
      const { user, credentialId } = signedIn(request)
      const { label, response } = request.body
      const passkey = await passkeysOf(box).created(user, label, registrationOf(response))
      if (passkey === undefined) {
        const data = { reason: 'wrong-passkey' }
        await box.journal.record({
          ...{ act: 'passkey-added', outcome: 'refused', actorId: user.id, data },
        })
        throw notUsable()
      }
      await box.journal
        .record({
          act: 'passkey-added',
          outcome: 'done',
          actorId: user.id,
          apply: async (client) => {
            await addPasskey(client, passkey)
            await addFactor(client, credentialId, 'passkey')
          },
        })
        .catch((error: unknown) => {
          if (!(error instanceof PostgresError && error.sqlState === '23505')) throw error
          throw problemOf(
            new BoxError('conflict', 'caller', 'this passkey is known', { cause: error }),
          )
        })
      return reply.code(201).send({ id: passkey.id, label })
    },
  )

  server.get(
    '/api/v1/passkeys',
    { schema: { tags, summary: 'One’s own passkeys' } },
    async (request) => {
      const passkeys = await storedPasskeys(box.database, signedIn(request).user.id)
      return {
        items: passkeys.map(({ id, label, createdAtMs, lastUsedAtMs }) => ({
          id,
          label,
          createdAt: formatTime(createdAtMs),
          lastUsedAt: lastUsedAtMs === null ? null : formatTime(lastUsedAtMs),
        })),
      }
    },
  )

  server.delete(
    '/api/v1/passkeys/:passkey',
    {
      config: signInRateLimit,
      schema: {
        tags,
        summary: 'Remove a passkey at once',
        params: strictObject({ passkey: CredentialId }),
        body: strictObject({ password: Password }),
      },
    },
    async (request, reply) => {
      const act = 'passkey-removed'
      const { user } = await withPassword(box, request, request.body.password, act)
      await box.journal.record({
        act,
        outcome: 'done',
        actorId: user.id,
        apply: async (client) => {
          if (!(await removePasskey(client, user.id, request.params.passkey)))
            throw noSuchEntry('Cette clé d’accès n’existe pas.', 'There is no such passkey.')
        },
      })
      return reply.code(204).send()
    },
  )
}

/** In the shape that the browser's own `toJSON` has. */
const registrationOf = ({ id, transports, ...response }: Static<typeof RegistrationResponse>) => ({
  id,
  rawId: id,
  type: 'public-key' as const,
  clientExtensionResults: {},
  response: { ...response, ...(transports === undefined ? {} : { transports }) },
})

export const authenticationOf = ({
  id,
  userHandle,
  ...response
}: Static<typeof AuthenticationResponse>) => ({
  id,
  rawId: id,
  type: 'public-key' as const,
  clientExtensionResults: {},
  response: { ...response, ...(userHandle === undefined ? {} : { userHandle }) },
})

const notUsable = () =>
  new Problem({
    type: 'wrong-passkey',
    status: 422,
    title: {
      fr: 'Cette clé d’accès n’est pas celle qui a été demandée, ou la demande date de plus de cinq minutes : recommencez.',
      en: 'This passkey is not the one that was asked for, or that was more than five minutes ago: start again.',
    },
  })
