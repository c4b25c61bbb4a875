import { Problem } from '@probant/web'
import { Type } from 'typebox'

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
