import { Problem } from '@probant/web'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Caller } from '../access/credentials.ts'
import type { Box } from '../box.ts'
import { callerOf } from './caller.ts'
import { originOf } from './origin.ts'

export const Password = Type.String({ minLength: 1, maxLength: 1000 })

/** The caller, who has to be signed in: a token, which programs hold, changes nobody's way of signing in. @throws Problem 401, 403 */
export function signedIn(request: FastifyRequest): Caller {
  const caller = callerOf(request)
  if (caller.kind === 'session') return caller
  throw new Problem({
    type: 'session-required',
    status: 403,
    title: {
      fr: 'Cela se fait en étant connecté au portail, pas avec un jeton.',
      en: 'This takes being signed in at the portal; a token does not do.',
    },
  })
}

/**
 * The caller, signed in, whose password this is: a page that was left open is not enough to change how its owner signs in. A refusal is
 * journalled as the act that was tried.
 * @throws Problem 401, 403
 */
export async function withPassword(
  box: Box,
  request: FastifyRequest,
  password: string,
  act: string,
): Promise<Caller> {
  const caller = signedIn(request)
  if (await box.signIn.isPasswordOf(caller.user, password, originOf(request))) return caller
  await box.journal.record({
    act,
    outcome: 'refused',
    actorId: caller.user.id,
    data: { reason: 'wrong-password' },
  })
  throw new Problem({
    type: 'wrong-password',
    status: 403,
    title: {
      fr: 'Ce n’est pas votre mot de passe, ou trop d’essais ont échoué : rien n’a été changé.',
      en: 'This is not your password, or too many attempts have failed: nothing was changed.',
    },
  })
}
