import { signInRateLimit, strictObject, type Server } from '@probant/web'
import { verifyByReceiver } from '../alerts/verification.ts'
import type { Context } from '../context.ts'
import { contactOfLink, Link } from './links.ts'

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
      const { contact } = await contactOfLink(context, 'contact-verification', request.body.link)
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
      const { tenantId, contact } = await contactOfLink(
        context,
        'contact-verification',
        request.body.link,
      )
      await verifyByReceiver(context, tenantId, contact.contactId, 'link')
      return { isDone: true, centre: centreName }
    },
  )
}
