import { signInRateLimit, strictObject, type Server } from '@probant/web'
import { confirmTest } from '../alerts/unreached.ts'
import type { Context } from '../context.ts'
import { contactOfLink, Link } from './links.ts'

/** Confirming by its link that a test message came. Looking changes nothing, as mail gateways follow links. */
export function testConfirmationRoutes(server: Server, context: Context): void {
  const centre = context.settings.centreName

  server.post(
    '/api/v1/test-confirmations/preview',
    {
      config: signInRateLimit,
      schema: {
        tags: ['contacts'],
        summary: 'What a link in a test message is about; changes nothing',
        body: strictObject({ link: Link }),
      },
    },
    async (request) => {
      await contactOfLink(context, 'test-confirmation', request.body.link)
      return { isDone: false, centre }
    },
  )

  server.post(
    '/api/v1/test-confirmations',
    {
      config: signInRateLimit,
      schema: {
        tags: ['contacts'],
        summary: 'Confirm that a test message came, without signing in',
        body: strictObject({ link: Link }),
      },
    },
    async (request) => {
      const { tenantId, contact } = await contactOfLink(
        context,
        'test-confirmation',
        request.body.link,
      )
      await confirmTest(context, tenantId, contact, 'link')
      return { isDone: true, centre }
    },
  )
}
