import { forbidden, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import type { Caller } from '../access/credentials.ts'
import { isNetwork } from '../access/networks.ts'
import {
  PERMISSIONS,
  permissionsOf,
  permittedOnBox,
  type Permission,
  type TokenLimits,
} from '../access/permissions.ts'
import type { Box } from '../box.ts'
import { BoxError, noSuchEntry } from '../errors.ts'
import {
  customPermissions,
  findUser,
  listTokens,
  revokeCredential,
  tokenOwner,
} from '../store/people.ts'
import { callerOf } from './caller.ts'
import { noSuchUser } from './absent.ts'
import { problemOf } from './problems.ts'

const SECONDS_A_DAY = 86_400
const MOST_TOKENS = 1000
const id = Type.String({ format: 'uuid' })
const Token = strictObject({
  user: Type.Optional(Type.String({ format: 'uuid', description: 'Absent: oneself' })),
  label: Type.String({ minLength: 1, maxLength: 200 }),
  expiresInDays: Type.Integer({ minimum: 1, maximum: 3650 }),
  permissions: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      minItems: 1,
      maxItems: 100,
      uniqueItems: true,
      description: `Absent: whatever the user may; of ${PERMISSIONS.join(', ')}`,
    }),
  ),
  vault: Type.Optional(Type.String({ format: 'uuid', description: 'Absent: every vault' })),
  networks: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 50 }), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
      description: 'CIDR; absent: from anywhere',
    }),
  ),
})

/** API tokens: everybody their own; who administers people, everybody’s. */
export function tokenRoutes(server: Server, box: Box): void {
  const tags = ['people']
  const refuse = async (act: string, { user }: Caller, problem: unknown): Promise<never> => {
    const data = { reason: 'forbidden' }
    await box.journal.record({ act, outcome: 'refused', actorId: user.id, data })
    throw problem
  }
  const administers = (caller: Caller) => permittedOnBox(caller).has('administer-people')

  server.post(
    '/api/v1/tokens',
    { schema: { tags, summary: 'Issue an API token; it is shown once', body: Token } },
    async (request, reply) => {
      const act = 'token-created'
      const caller = callerOf(request)
      const { user: userId = caller.user.id, label, expiresInDays } = request.body
      if (userId !== caller.user.id) {
        if (!administers(caller)) return refuse(act, caller, forbidden())
        const owner = await findUser(box.database, userId)
        if (owner === undefined) throw noSuchUser()
        const custom = await customPermissions(box.database, owner.roles)
        if (isBeyond(caller, permissionsOf(owner.roles, custom)))
          return refuse(act, caller, forbidden())
      }
      const limits = await limitsOf(box, caller, request.body)
      const seconds = expiresInDays * SECONDS_A_DAY
      const token = box.credentials.issue(userId, 'token', label, seconds, { limits })
      await box.journal.record({
        act,
        outcome: 'done',
        actorId: caller.user.id,
        data: {
          token: token.id,
          ...(limits.permissions === null ? {} : { permissions: [...limits.permissions] }),
          ...(limits.vault === null ? {} : { vault: limits.vault }),
          ...(limits.networks === null ? {} : { networks: [...limits.networks] }),
        },
        hidden: { user: userId },
        apply: token.store,
      })
      return reply.code(201).send({
        id: token.id,
        token: token.secret,
        expiresAt: new Date(token.expiresAtMs).toISOString(),
        ...limits,
      })
    },
  )

  server.get(
    '/api/v1/tokens',
    {
      schema: {
        tags,
        summary:
          'Live tokens, newest first, without their secrets; one’s own, to administrators all',
      },
    },
    async (request) => {
      const caller = callerOf(request)
      const owner = administers(caller) ? null : caller.user.id
      const tokens = await listTokens(box.database, owner, box.clock.nowMs(), MOST_TOKENS)
      return {
        items: tokens.map(({ createdAtMs, expiresAtMs, userId, limits, ...token }) => ({
          ...token,
          user: userId,
          createdAt: new Date(createdAtMs).toISOString(),
          expiresAt: new Date(expiresAtMs).toISOString(),
          ...limits,
        })),
      }
    },
  )

  server.delete(
    '/api/v1/tokens/:token',
    {
      schema: { tags, summary: 'Revoke a token at once', params: strictObject({ token: id }) },
    },
    async (request, reply) => {
      const act = 'token-revoked'
      const caller = callerOf(request)
      const { token } = request.params
      const owner = await tokenOwner(box.database, token)
      if (owner !== caller.user.id && !administers(caller))
        return refuse(act, caller, problemOf(noSuchToken()))
      await box.journal.record({
        act,
        outcome: 'done',
        actorId: caller.user.id,
        data: { token },
        apply: async (client) => {
          if (owner === undefined || !(await revokeCredential(client, token, box.clock.nowMs())))
            throw noSuchToken()
        },
      })
      return reply.code(204).send()
    },
  )
}

/** Whether somebody holds permissions that the caller could neither use nor hand out. */
function isBeyond(caller: Caller, held: ReadonlySet<Permission>): boolean {
  const own = permittedOnBox(caller)
  return !own.has('administer-roles') && [...held].some((each) => !own.has(each))
}

interface Limits {
  readonly permissions?: string[] | null
  readonly vault?: string | null
  readonly networks?: string[] | null
}

/** @throws Problem 404, 422 */
async function limitsOf(
  box: Box,
  caller: Caller,
  { permissions = null, vault = null, networks = null }: Limits,
): Promise<TokenLimits> {
  const known: readonly string[] = PERMISSIONS
  const unknown = permissions?.filter((each) => !known.includes(each)) ?? []
  if (unknown.length > 0) throw problemOf(noPermissions(unknown))
  const wrong = networks?.filter((network) => !isNetwork(network)) ?? []
  if (wrong.length > 0) throw problemOf(noNetworks(wrong))
  if (vault !== null) {
    const found = await box.lookups.vault(vault)
    const rights = await box.lookups.rights(vault, caller.user.id)
    const isSeen = rights.length > 0 || permittedOnBox(caller).has('see')
    if (found === undefined || !isSeen)
      throw problemOf(new BoxError('no-such-vault', 'caller', 'no such vault'))
  }
  return { permissions, vault, networks }
}

const noSuchToken = () =>
  noSuchEntry('Aucun jeton valide ne porte cet identifiant.', 'No live token has this identifier.')

const noPermissions = (unknown: readonly string[]) =>
  new BoxError('token-refused', 'caller', 'not a permission', {
    words: {
      fr: `Ces permissions n’existent pas : ${unknown.join(', ')}.`,
      en: `There are no such permissions: ${unknown.join(', ')}.`,
    },
  })

const noNetworks = (wrong: readonly string[]) =>
  new BoxError('token-refused', 'caller', 'not a network', {
    words: {
      fr: `Ce ne sont pas des réseaux en notation CIDR, commencés par leur première adresse : ${wrong.join(', ')}.`,
      en: `These are no networks in CIDR notation that begin with their first address: ${wrong.join(', ')}.`,
    },
  })
