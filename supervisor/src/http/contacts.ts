import { formatTime } from '@probant/host'
import { PostgresError } from '@probant/postgres'
import { notFound, Problem, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { changeByOperator } from '../alerts/operator-change.ts'
import type { Context } from '../context.ts'
import { insertContact, listContacts, removeContact, type Contact } from '../store/contacts.ts'
import { callerOf, tenantOf } from './caller.ts'
import { Uuid } from './paging.ts'

const Email = Type.String({
  maxLength: 254,
  // one address and nothing that could begin another header or command
  pattern: '^[^\\s@<>(),;:"\\[\\]\\\\]{1,64}@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*$',
})

/** So that the entry of a change stays within the length of a trace. */
const MOST_BOXES = 500

/** Who is told of alerts. */
export function contactRoutes(server: Server, context: Context): void {
  const { database, clock, randomness } = context

  server.get(
    '/api/v1/contacts',
    { schema: { tags: ['contacts'], summary: 'Who is told of alerts' } },
    async (request) => ({
      items: (await listContacts(database, tenantOf(request))).map(shownContact),
    }),
  )

  server.post(
    '/api/v1/contacts',
    {
      schema: {
        tags: ['contacts'],
        summary: 'Tell somebody of alerts, about some boxes or all',
        body: strictObject({
          email: Email,
          boxes: Type.Optional(
            Type.Array(Type.String({ maxLength: 64 }), { maxItems: MOST_BOXES }),
          ),
        }),
      },
    },
    async (request, reply) => {
      const { email, boxes } = request.body
      const contact: Contact = {
        contactId: randomness.uuid(),
        email,
        boxIds: boxes ?? null,
        addedAtMs: clock.nowMs(),
      }
      const { operator } = callerOf(request)
      await changeByOperator(context, operator, async (client) => {
        await insertContact(client, operator.tenantId, contact)
        const { contactId, boxIds } = contact
        return {
          act: 'contact-added',
          data: { contact: contactId, boxes: boxIds },
          address: contact,
        }
      }).catch(existing)
      return reply.code(201).send(shownContact(contact))
    },
  )

  server.delete(
    '/api/v1/contacts/:contact',
    {
      schema: {
        tags: ['contacts'],
        summary: 'Tell somebody no more, and forget the address',
        params: strictObject({ contact: Uuid }),
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

function shownContact({ contactId, email, boxIds, addedAtMs }: Contact) {
  return { id: contactId, email, boxes: boxIds, addedAt: formatTime(addedAtMs) }
}

function existing(error: unknown): never {
  if (!(error instanceof PostgresError) || error.constraint !== 'one_contact_per_address')
    throw error
  throw new Problem({
    type: 'contact-exists',
    status: 409,
    title: { fr: 'Cette adresse est déjà un contact.', en: 'This address is a contact already.' },
    cause: error,
  })
}
