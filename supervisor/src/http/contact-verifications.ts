import { signInRateLimit, strictObject, type Server } from '@probant/web'
import { readSignedLink } from '../alerts/signed-link.ts'
import { verifyByReceiver } from '../alerts/verification.ts'
import type { Context } from '../context.ts'
import { findContact, type Contact } from '../store/contacts.ts'
import { ended, foreign, Link } from './links.ts'

/** Confirming a contact by the link in the message to it. Looking changes nothing, as mail gateways follow links. */
export function contactVerificationRoutes(server: Server, context: Context): void {
  const { centreName } = context.settings

  server.post(
    '/api/v1/contact-verifications/preview',
    {
      config: signInRateLimit,
      schema: {
        tags: ['contacts'],
        summary: 'What a link in a verification message is about; changes nothing',
        body: strictObject({ link: Link }),
      },
    },
    async (request) => {
      const { contact } = await opened(context, request.body.link)
      return { isDone: contact.verified !== null, centre: centreName }
    },
  )

  server.post(
    '/api/v1/contact-verifications',
    {
      config: signInRateLimit,
      schema: {
        tags: ['contacts'],
        summary: 'Confirm a contact by the link in the message to it, without signing in',
        body: strictObject({ link: Link }),
      },
    },
    async (request) => {
      const { tenantId, contact } = await opened(context, request.body.link)
      await verifyByReceiver(context, tenantId, contact.contactId, 'link')
      return { isDone: true, centre: centreName }
    },
  )
}

/** @throws Problem 403 for a link that isn't of this centre, 410 for one that ended or whose contact was removed */
async function opened(
  context: Context,
  text: string,
): Promise<{ tenantId: string; contact: Contact }> {
  const link = await readSignedLink(context, 'contact-verification', text)
  if (link === undefined) throw foreign()
  const [tenantId = '', contactId = ''] = link.ids
  const contact = await findContact(context.database, tenantId, contactId)
  if (contact === undefined || link.validUntilMs < context.clock.nowMs()) throw ended()
  return { tenantId, contact }
}
