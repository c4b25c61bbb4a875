import { Problem } from '@probant/web'
import { Type } from 'typebox'
import { readSignedLink } from '../alerts/signed-link.ts'
import type { Context } from '../context.ts'
import { findContact, type Contact } from '../store/contacts.ts'

/** What stands behind the `#` of a link in a message. */
export const Link = Type.String({ minLength: 1, maxLength: 300 })

export function foreign(): Problem {
  return new Problem({
    type: 'not-a-link',
    status: 403,
    title: {
      fr: 'Ce lien n’est pas de ce centre, ou il y manque des caractères : recopiez-le en entier.',
      en: 'This link is not one of this centre, or some of it is missing: copy it whole.',
    },
  })
}

export function ended(): Problem {
  return new Problem({
    type: 'link-ended',
    status: 410,
    title: {
      fr: 'Ce lien n’est plus valable : connectez-vous, ou servez-vous du message le plus récent.',
      en: 'This link has ended: sign in, or use the newest message.',
    },
  })
}

/**
 * The contact that a link in a message to it is about.
 * @throws Problem 403 for a link that isn't of this centre, 410 for one that ended or whose contact was removed
 */
export async function contactOfLink(
  context: Context,
  purpose: 'contact-verification' | 'test-confirmation',
  text: string,
): Promise<{ tenantId: string; contact: Contact }> {
  const link = await readSignedLink(context, purpose, text)
  if (link === undefined) throw foreign()
  const [tenantId = '', contactId = ''] = link.ids
  const contact = await findContact(context.database, tenantId, contactId)
  if (contact === undefined || link.validUntilMs < context.clock.nowMs()) throw ended()
  return { tenantId, contact }
}
