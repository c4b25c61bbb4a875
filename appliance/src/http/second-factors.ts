import { signInRateLimit, strictObject, Problem, type Server } from '@probant/web'
import { Type } from 'typebox'
import { hashPassword } from '../access/credentials.ts'
import { makeRecoveryCodes, recoveryCodeDigest } from '../access/recovery-codes.ts'
import type { Box } from '../box.ts'
import { BoxError, noSuchEntry } from '../errors.ts'
import { findUser } from '../store/people.ts'
import { passkeysOf, removePasskey } from '../store/passkeys.ts'
import {
  beginApp,
  countRecoveryCodes,
  removeApp,
  secondFactorsOf,
  setRecoveryCodes,
  takeStep,
} from '../store/second-factors.ts'
import { addFactor, endSessions, forgetBrowsers, setPassword } from '../store/sessions.ts'
import { allowedOnBox, mustAddFactor } from './caller.ts'
import { Password, signedIn, withPassword } from './own-account.ts'
import { problemOf } from './problems.ts'

const NewPassword = Type.String({ minLength: 12, maxLength: 1000 })
const NO_SESSION = '00000000-0000-0000-0000-000000000000'

/** How people sign in beside their password: their own to set up, an administrator's to reset. */
export function secondFactorRoutes(server: Server, box: Box): void {
  const tags = ['sign-in']
  const config = signInRateLimit

  server.get(
    '/api/v1/second-factors',
    { schema: { tags, summary: 'What one signs in with beside the password' } },
    async (request) => {
      const caller = signedIn(request)
      const { hasApp, passkeys } = await secondFactorsOf(box.database, caller.user.id)
      return {
        app: hasApp,
        passkeys,
        passkeysOffered: box.passkeys !== undefined,
        recoveryCodesLeft: await countRecoveryCodes(box.database, caller.user.id),
        missing: mustAddFactor(box, caller),
      }
    },
  )

  server.post(
    '/api/v1/second-factors/app',
    {
      config,
      schema: {
        tags,
        summary: 'A secret for an authenticator app (TOTP); it counts once a code was confirmed',
        body: strictObject({ password: Password }),
      },
    },
    async (request, reply) => {
      const act = 'authenticator-app-added'
      const { user } = await withPassword(box, request, request.body.password, act)
      const { enclosed, secret, uri } = await box.authenticatorApps.begin(user.id, user.login)
      if (!(await beginApp(box.database, user.id, enclosed)))
        throw problemOf(new BoxError('conflict', 'caller', 'an app is set up already'))
      return reply.code(201).send({ secret, uri })
    },
  )

  server.post(
    '/api/v1/second-factors/app/confirmation',
    {
      config,
      schema: {
        tags,
        summary: 'Confirm the app by a code of it; answers recovery codes, which are shown once',
        body: strictObject({ code: Type.String({ pattern: '^[0-9]{6}$' }) }),
      },
    },
    async (request, reply) => {
      const { user, credentialId } = signedIn(request)
      const act = 'authenticator-app-added'
      const step = await box.authenticatorApps.stepOf(user.id, request.body.code, 'unconfirmed')
      if (step === undefined) {
        const data = { reason: 'wrong-code' }
        await box.journal.record({ act, outcome: 'refused', actorId: user.id, data })
        throw wrongCode()
      }
      const codes = makeRecoveryCodes(box.randomness)
      await box.journal.record({
        act,
        outcome: 'done',
        actorId: user.id,
        apply: async (client) => {
          if (!(await takeStep(client, user.id, step, box.clock.nowMs()))) throw nothingThere()
          await setRecoveryCodes(client, user.id, digests(box, codes))
          await addFactor(client, credentialId, 'totp')
        },
      })
      return reply.code(201).send({ recoveryCodes: codes })
    },
  )

  server.delete(
    '/api/v1/second-factors/app',
    {
      config,
      schema: {
        tags,
        summary: 'Remove the app',
        body: strictObject({ password: Password }),
      },
    },
    async (request, reply) => {
      const act = 'authenticator-app-removed'
      const { user } = await withPassword(box, request, request.body.password, act)
      await box.journal.record({
        act,
        outcome: 'done',
        actorId: user.id,
        apply: async (client) => {
          if (!(await removeApp(client, user.id))) throw nothingThere()
        },
      })
      return reply.code(204).send()
    },
  )

  server.post(
    '/api/v1/second-factors/recovery-codes',
    {
      config,
      schema: {
        tags,
        summary: 'New recovery codes, shown once, in place of those before',
        body: strictObject({ password: Password }),
      },
    },
    async (request, reply) => {
      const act = 'recovery-codes-made'
      const { user } = await withPassword(box, request, request.body.password, act)
      const { hasApp, passkeys } = await secondFactorsOf(box.database, user.id)
      if (!hasApp && passkeys === 0)
        throw problemOf(
          noSuchEntry(
            'Ajoutez d’abord une application ou une clé d’accès.',
            'Add an app or a passkey first.',
          ),
        )
      const codes = makeRecoveryCodes(box.randomness)
      await box.journal.record({
        act,
        outcome: 'done',
        actorId: user.id,
        apply: (client) => setRecoveryCodes(client, user.id, digests(box, codes)),
      })
      return reply.code(201).send({ recoveryCodes: codes })
    },
  )

  server.put(
    '/api/v1/password',
    {
      config,
      schema: {
        tags,
        summary: 'Change one’s own password; every other session ends',
        body: strictObject({ password: Password, newPassword: NewPassword }),
      },
    },
    async (request, reply) => {
      const act = 'password-changed'
      const { password, newPassword } = request.body
      const { user, credentialId } = await withPassword(box, request, password, act)
      const hash = await hashPassword(newPassword)
      await box.journal.record({
        act,
        outcome: 'done',
        actorId: user.id,
        apply: async (client) => {
          await setPassword(client, user.id, hash)
          await endSessions(client, user.id, { allBut: credentialId }, box.clock.nowMs())
          await forgetBrowsers(client, user.id)
        },
      })
      return reply.code(204).send()
    },
  )

  server.post(
    '/api/v1/users/:user/sign-in-reset',
    {
      schema: {
        tags: ['people'],
        summary:
          'For who lost password, app and codes: sets a password to hand over in person, removes the rest, ends every session',
        params: strictObject({ user: Type.String({ format: 'uuid' }) }),
        body: strictObject({ newPassword: NewPassword }),
      },
    },
    async (request, reply) => {
      const act = 'sign-in-reset'
      const caller = await allowedOnBox(box, request, 'administer-roles', act)
      const user = await findUser(box.database, request.params.user)
      if (user === undefined)
        throw problemOf(noSuchEntry('Cet utilisateur n’existe pas.', 'This user does not exist.'))
      const hash = await hashPassword(request.body.newPassword)
      const passkeys = await passkeysOf(box.database, user.id)
      await box.journal.record({
        act,
        outcome: 'done',
        actorId: caller.user.id,
        hidden: { user: user.id },
        apply: async (client) => {
          await setPassword(client, user.id, hash)
          await removeApp(client, user.id)
          await setRecoveryCodes(client, user.id, [])
          for (const { id } of passkeys) await removePasskey(client, user.id, id)
          await endSessions(client, user.id, { allBut: NO_SESSION }, box.clock.nowMs())
          await forgetBrowsers(client, user.id)
        },
      })
      return reply.code(204).send()
    },
  )
}

const digests = (box: Box, codes: readonly string[]) =>
  codes.map((code) => recoveryCodeDigest(box.crypto, code))

const nothingThere = () => noSuchEntry('Aucune application n’est configurée.', 'No app is set up.')

const wrongCode = () =>
  new Problem({
    type: 'wrong-code',
    status: 422,
    title: {
      fr: 'Ce code n’est pas le bon : vérifiez l’heure de votre téléphone, puis essayez le suivant.',
      en: 'This code is not the right one: check the time of your phone, then try the next.',
    },
  })
