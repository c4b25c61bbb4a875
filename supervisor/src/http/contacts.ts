import { formatTime } from '@probant/host'
import { PostgresError } from '@probant/postgres'
import { notFound, Problem, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { changeByOperator } from '../alerts/operator-change.ts'
import { addContact, askAgain, verifyByCode } from '../alerts/verification.ts'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import {
  findContact,
  listContacts,
  removeContact,
  type Channel,
  type Contact,
} from '../store/contacts.ts'
import { lastAttempts } from '../store/notifications.ts'
import { callerOf, tenantOf } from './caller.ts'
import { Uuid } from './paging.ts'

const Email = Type.String({
  maxLength: 254,
  // one address and nothing that could begin another header or command
  pattern: '^[^\\s@<>(),;:"\\[\\]\\\\]{1,64}@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*$',
})

/** Plain http is refused, and so are passwords, which would be shown to every operator. */
const Webhook = Type.String({
  maxLength: 1000,
  pattern: '^https://[^\\s/@?#]+(/[^\\s#]*)?$',
  description: 'Address that JSON is posted to; may stand in a private network',
})
const Syslog = Type.String({
  maxLength: 260,
  pattern: '^([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}$',
  description: 'host:port of a receiver of syslog over TLS; the usual port is 6514',
})

/** So that the entry of a change stays within the length of a trace. */
const MOST_BOXES = 500
const ContactPath = strictObject({ contact: Uuid })

/** Who is told of alerts. */
export function contactRoutes(server: Server, context: Context): void {
  const { database, clock, randomness } = context

  server.get(
    '/api/v1/contacts',
    {
      schema: {
        tags: ['contacts'],
        summary: 'Who is told of alerts, and whether that was made sure of',
        querystring: strictObject({
          removed: Type.Optional(
            Type.Boolean({ description: 'Also those that were removed; their addresses are gone' }),
          ),
        }),
      },
    },
    async (request) => {
      const tenantId = tenantOf(request)
      const contacts = await listContacts(database, tenantId, request.query.removed)
      const attempts = await lastAttempts(database, tenantId)
      const { vkey, publicKey } = context.keys.messageKey
      return {
        items: contacts.map((contact) => shownContact(contact, attempts.get(contact.contactId))),
        /** What receivers of webhooks check signatures with: as C2SP and as Standard Webhooks write it. */
        messageKey: { vkey, webhook: `whpk_${Buffer.from(publicKey).toString('base64')}` },
      }
    },
  )

  server.post(
    '/api/v1/contacts',
    {
      schema: {
        tags: ['contacts'],
        summary: 'Tell somebody of alerts, about some boxes or all, once they confirmed it',
        body: strictObject({
          email: Type.Optional(Email),
          webhook: Type.Optional(Webhook),
          syslog: Type.Optional(Syslog),
          boxes: Type.Optional(
            Type.Array(Type.String({ maxLength: 64 }), { maxItems: MOST_BOXES }),
          ),
          standsInFor: Type.Optional(Uuid),
        }),
      },
    },
    async (request, reply) => {
      const { boxes, standsInFor, ...given } = request.body
      if (boxes !== undefined && standsInFor !== undefined) throw boxesOfStandIn()
      const { channel, address } = onlyChannel(given)
      const contact: Contact = {
        contactId: randomness.uuid(),
        channel,
        address,
        boxIds: boxes ?? null,
        addedAtMs: clock.nowMs(),
        verified: null,
        removedAtMs: null,
        standsInFor: standsInFor ?? null,
        broken: null,
      }
      const { operator } = callerOf(request)
      await changeByOperator(context, operator, async (client) => {
        if (standsInFor !== undefined) {
          const first = await findContact(client, operator.tenantId, standsInFor)
          if (first === undefined) throw notFound()
          contact.boxIds = first.boxIds
        }
        return addContact(client, context, operator.tenantId, contact)
      }).catch(refused)
      return reply.code(201).send(shownContact(contact))
    },
  )

  server.post(
    '/api/v1/contacts/:contact/verification',
    {
      schema: {
        tags: ['contacts'],
        summary: 'Send the message that a contact has to answer once more',
        params: ContactPath,
      },
    },
    async (request, reply) => {
      const { operator } = callerOf(request)
      const { tenantId } = operator
      await changeByOperator(context, operator, async (client) => {
        const contact = await findContact(client, tenantId, request.params.contact)
        if (contact === undefined) throw notFound()
        if (isSureOf(contact)) throw alreadyVerified()
        return askAgain(client, context, tenantId, contact)
      }).catch(refused)
      return reply.code(202).send(await shown(context, tenantId, request.params.contact))
    },
  )

  server.post(
    '/api/v1/contacts/:contact/verification/code',
    {
      schema: {
        tags: ['contacts'],
        summary: 'The code that the receiver got: the contact is verified',
        params: ContactPath,
        body: strictObject({ code: Type.String({ pattern: '^[2-9A-HJ-NP-Z]{8}$' }) }),
      },
    },
    async (request) => {
      const { operator } = callerOf(request)
      const { contact } = request.params
      const before = await findContact(database, operator.tenantId, contact)
      if (before === undefined) throw notFound()
      if (isSureOf(before)) throw alreadyVerified()
      const answer = await verifyByCode(context, operator, contact, request.body.code)
      if (answer !== 'verified') throw badCode(answer)
      return shown(context, operator.tenantId, contact)
    },
  )

  server.delete(
    '/api/v1/contacts/:contact',
    {
      schema: {
        tags: ['contacts'],
        summary: 'Tell somebody no more, and forget the address',
        params: ContactPath,
      },
    },
    async (request, reply) => {
      const { operator } = callerOf(request)
      const { contact } = request.params
      const isRemoved = await changeByOperator(context, operator, async (client) =>
        (await removeContact(client, operator.tenantId, contact, clock.nowMs()))
          ? { act: 'contact-removed', data: { contact } }
          : undefined,
      )
      if (!isRemoved) throw notFound()
      return reply.code(204).send()
    },
  )
}

/** @throws Problem 400 unless one way to be reached is given, which is one */
function onlyChannel(given: Readonly<Partial<Record<Channel, string>>>): {
  channel: Channel
  address: string
} {
  const { email, webhook, syslog } = given
  const ways = [
    { channel: 'email', address: email },
    { channel: 'webhook', address: webhook },
    { channel: 'syslog', address: syslog },
  ] as const
  const [way, ...more] = ways.flatMap(({ channel, address }) =>
    address === undefined ? [] : [{ channel, address }],
  )
  const isUsable =
    way !== undefined &&
    more.length === 0 &&
    (way.channel !== 'webhook' || URL.canParse(way.address)) &&
    (way.channel !== 'syslog' || Number(way.address.split(':').at(-1)) <= 65_535)
  if (!isUsable)
    throw new Problem({
      type: 'not-one-channel',
      status: 400,
      title: {
        fr: 'Donnez une adresse, et une seule : email, webhook ou syslog.',
        en: 'Give one address and no more: email, webhook or syslog.',
      },
    })
  return way
}

/** Nothing to make sure of: a contact that can't be reached may be verified anew. */
const isSureOf = ({ verified, broken }: Contact): boolean => verified !== null && broken === null

async function shown({ database }: Context, tenantId: string, contactId: string) {
  const contact = await findContact(database, tenantId, contactId)
  if (contact === undefined) throw notFound()
  return shownContact(contact, (await lastAttempts(database, tenantId)).get(contactId))
}

type Attempts = Awaited<ReturnType<typeof lastAttempts>>

function shownContact(contact: Contact, attempt?: ReturnType<Attempts['get']>) {
  const { contactId, channel, address, boxIds, addedAtMs, verified, removedAtMs } = contact
  const { standsInFor, broken } = contact
  const isRemoved = removedAtMs !== null
  return {
    id: contactId,
    channel,
    address: isRemoved ? null : address,
    ...(channel === 'email' && !isRemoved ? { email: address } : {}),
    boxes: boxIds,
    state: isRemoved ? 'removed' : verified === null ? 'unverified' : 'verified',
    standsInFor,
    addedAt: formatTime(addedAtMs),
    ...(broken === null
      ? {}
      : { unreachable: { since: formatTime(broken.sinceMs), why: broken.why } }),
    ...(verified === null
      ? {}
      : { verifiedAt: formatTime(verified.atMs), verifiedBy: verified.by }),
    ...(removedAtMs === null ? {} : { removedAt: formatTime(removedAtMs) }),
    ...(attempt === undefined
      ? {}
      : {
          lastAttempt: {
            at: formatTime(attempt.atMs),
            outcome: attempt.outcome,
            reply: attempt.reply,
          },
        }),
  }
}

function refused(error: unknown): never {
  if (error instanceof PostgresError && error.constraint === 'one_stand_in')
    throw new Problem({
      type: 'stand-in-exists',
      status: 409,
      title: {
        fr: 'Ce contact a déjà un suppléant ; le vôtre peut remplacer ce suppléant à son tour.',
        en: 'Somebody stands in for this contact already; yours can stand in for that one.',
      },
      cause: error,
    })
  if (error instanceof SupervisorError && error.code === 'too-many-messages') throw tooMany(error)
  if (!(error instanceof PostgresError) || error.constraint !== 'one_contact_per_address')
    throw error
  throw new Problem({
    type: 'contact-exists',
    status: 409,
    title: { fr: 'Cette adresse est déjà un contact.', en: 'This address is a contact already.' },
    cause: error,
  })
}

function boxesOfStandIn(): Problem {
  return new Problem({
    type: 'boxes-of-stand-in',
    status: 400,
    title: {
      fr: 'Un suppléant a les boîtiers du contact qu’il supplée.',
      en: 'Who stands in for a contact has the boxes of that contact.',
    },
  })
}

function tooMany(cause: SupervisorError): Problem {
  return new Problem({
    type: 'too-many-messages',
    status: 429,
    title: {
      fr: 'Trop de messages de confirmation : un par minute et cinq par jour à un contact, cinquante par heure en tout.',
      en: 'Too many verification messages: one a minute and five a day to a contact, fifty an hour in all.',
    },
    cause,
  })
}

function alreadyVerified(): Problem {
  return new Problem({
    type: 'contact-verified',
    status: 409,
    title: { fr: 'Ce contact est déjà confirmé.', en: 'This contact is verified already.' },
  })
}

function badCode(answer: 'wrong' | 'ended'): Problem {
  return answer === 'wrong'
    ? new Problem({
        type: 'wrong-code',
        status: 422,
        title: { fr: 'Ce n’est pas le code envoyé.', en: 'This is not the code that was sent.' },
      })
    : new Problem({
        type: 'code-ended',
        status: 410,
        title: {
          fr: 'Ce code n’est plus valable : envoyez un nouveau message.',
          en: 'This code has ended: send a new message.',
        },
      })
}
