import { forbidden, strictObject, type Server } from '@probant/web'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Box } from '../box.ts'
import { BoxError } from '../errors.ts'
import { listGrants, setGrant, type Grant, type Grantee } from '../store/grants.ts'
import { findGroup, isGroupMember } from '../store/groups.ts'
import { findUser } from '../store/people.ts'
import { noSuchGroup, noSuchUser } from './absent.ts'
import { allowedIn } from './caller.ts'
import { problemOf } from './problems.ts'
import { VaultPath } from './vaults.ts'

const MOST_GRANTS = 10_000
const id = Type.String({ format: 'uuid' })
const moment = Type.Optional(
  Type.Union([Type.Null(), Type.String({ format: 'date-time', description: 'RFC 3339' })]),
)
const Rights = strictObject({
  rights: Type.Array(
    Type.Union([
      Type.Literal('deposit'),
      Type.Literal('read'),
      Type.Literal('organise'),
      Type.Literal('destroy'),
    ]),
    { uniqueItems: true },
  ),
  from: moment,
  until: moment,
})

const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

/** Who may what in a vault, for users and groups, from and until given moments. */
export function grantRoutes(server: Server, box: Box): void {
  const tags = ['vaults']

  server.get(
    '/api/v1/vaults/:vault/rights',
    { schema: { tags, summary: 'Who was given which rights in a vault', params: VaultPath } },
    async (request) => {
      const { vault } = await allowedIn(box, request, request.params.vault, 'administer-rights', {
        act: 'list',
      })
      const grants = await listGrants(box.database, vault.id, MOST_GRANTS)
      return {
        items: grants.map(({ grantee, rights, fromMs, untilMs }) => ({
          ...grantee,
          rights,
          from: time(fromMs),
          until: time(untilMs),
        })),
      }
    },
  )

  server.put(
    '/api/v1/vaults/:vault/members/:user',
    {
      schema: {
        tags,
        summary: 'Give a user rights in a vault; an empty list takes them all away',
        params: strictObject({ vault: id, user: id }),
        body: Rights,
      },
    },
    async (request, reply) => {
      const { vault, user } = request.params
      await give(box, request, vault, { user }, request.body)
      return reply.code(204).send()
    },
  )

  server.put(
    '/api/v1/vaults/:vault/groups/:group',
    {
      schema: {
        tags,
        summary: 'Give a group rights in a vault; an empty list takes them all away',
        params: strictObject({ vault: id, group: id }),
        body: Rights,
      },
    },
    async (request, reply) => {
      const { vault, group } = request.params
      await give(box, request, vault, { group }, request.body)
      return reply.code(204).send()
    },
  )
}

async function give(
  box: Box,
  request: FastifyRequest,
  vaultId: string,
  grantee: Grantee,
  { rights, from, until }: Static<typeof Rights>,
): Promise<void> {
  const act = 'vault-changed'
  const { vault, caller } = await allowedIn(box, request, vaultId, 'administer-rights', { act })
  const own = caller.user.id
  const isOwn =
    'user' in grantee ? grantee.user === own : await isGroupMember(box.database, grantee.group, own)
  if (isOwn) {
    const data = { reason: 'own-rights' }
    await box.journal.record({ act, outcome: 'refused', vault: vault.id, actorId: own, data })
    throw forbidden()
  }
  if ('user' in grantee && (await findUser(box.database, grantee.user)) === undefined)
    throw noSuchUser()
  if ('group' in grantee && (await findGroup(box.database, grantee.group)) === undefined)
    throw noSuchGroup()
  const grant = grantOf(rights, from, until)
  await box.journal.record({
    act,
    outcome: 'done',
    vault: vault.id,
    actorId: own,
    data: {
      changed: ['members'],
      rights,
      ...(grant.fromMs === null ? {} : { from: time(grant.fromMs) }),
      ...(grant.untilMs === null ? {} : { until: time(grant.untilMs) }),
      ...('group' in grantee ? { group: grantee.group } : {}),
    },
    ...('user' in grantee ? { hidden: { user: grantee.user } } : {}),
    apply: (client) => setGrant(client, vault.id, grantee, grant),
  })
}

/** @throws Problem 422 */
function grantOf(
  rights: Static<typeof Rights>['rights'],
  from: string | null | undefined,
  until: string | null | undefined,
): Grant {
  const moment = (text: string | null | undefined) => (text == null ? null : Date.parse(text))
  const [fromMs, untilMs] = [moment(from), moment(until)]
  if (fromMs !== null && untilMs !== null && untilMs <= fromMs) throw problemOf(endsFirst())
  return { rights, fromMs, untilMs }
}

const endsFirst = () =>
  new BoxError('rights-refused', 'caller', 'rights end before they begin', {
    words: {
      fr: 'Ces droits finiraient avant de commencer.',
      en: 'These rights would end before they begin.',
    },
  })
