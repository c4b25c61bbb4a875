import { notFound, signInRateLimit, strictObject, type Server } from '@probant/web'
import { Type } from 'typebox'
import { acknowledge } from '../alerts/acknowledge.ts'
import { readAcknowledgementLink } from '../alerts/acknowledgement-link.ts'
import { append } from '../alerts/journal.ts'
import type { Context } from '../context.ts'
import { findAlert, type Alert } from '../store/alerts.ts'
import { findContact, type Contact } from '../store/contacts.ts'
import { shownAlert } from './alerts.ts'
import { ended, foreign, Link } from './links.ts'

/**
 * Taking charge of an alert by the link in a message. Looking at it changes nothing: mail gateways follow links, so that only a second
 * request, made by a button, does. Whoever holds the link sees the alert's sentence and nothing else of the centre.
 */
export function acknowledgementRoutes(server: Server, context: Context): void {
  server.post(
    '/api/v1/acknowledgements/preview',
    {
      config: signInRateLimit,
      schema: {
        tags: ['alerts'],
        summary: 'The alert that a link in a message is about; changes nothing',
        body: strictObject({ link: Link }),
      },
    },
    async (request) => {
      const { alert } = await opened(context, request.body.link)
      return described(context, alert)
    },
  )

  server.post(
    '/api/v1/acknowledgements',
    {
      config: signInRateLimit,
      schema: {
        tags: ['alerts'],
        summary: 'Take charge of an alert by the link in a message, without signing in',
        body: strictObject({ link: Link, note: Type.Optional(Type.String({ maxLength: 2000 })) }),
      },
    },
    async (request) => {
      const { alert, contact } = await opened(context, request.body.link)
      const note = request.body.note ?? null
      const { tenantId, alertId } = alert
      const after = await acknowledge(context, { tenantId, alertId, by: { contact }, note })
      return described(context, after ?? alert)
    },
  )
}

/** @throws Problem 403 for a link that isn't of this centre, 410 for one that ended or whose contact was removed, 404 */
async function opened(context: Context, text: string): Promise<{ alert: Alert; contact: Contact }> {
  const link = await readAcknowledgementLink(context, text)
  if (link === undefined) throw foreign()
  const { tenantId, alertId, contactId, validUntilMs } = link
  const contact = await findContact(context.database, tenantId, contactId)
  if (contact === undefined || validUntilMs < context.clock.nowMs()) {
    await context.database.transaction(
      (client) =>
        append(client, context, tenantId, [
          {
            act: 'alert-acknowledged',
            outcome: 'refused',
            data: { alert: alertId, reason: 'link-ended' },
          },
        ]),
      { attempts: 3 },
    )
    context.wake()
    throw ended()
  }
  const alert = await findAlert(context.database, tenantId, alertId)
  if (alert === undefined) throw notFound()
  return { alert, contact }
}

async function described(context: Context, alert: Alert) {
  const { state, severity, openedAt, kind, sentence } = await shownAlert(context, alert)
  return { state, severity, openedAt, kind, sentence }
}
