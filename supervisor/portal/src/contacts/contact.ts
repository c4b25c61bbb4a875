import type { Shaped } from '@probant/web/browser'
import { address, list, oneOf, optional, record, text } from '@probant/web/browser'

const contactShape = record({
  id: text,
  channel: text,
  address: optional(text),
  boxes: optional(list(text)),
  state: oneOf('unverified', 'verified', 'removed'),
  addedAt: text,
  verifiedAt: optional(text),
  lastAttempt: optional(record({ at: text, outcome: text, reply: optional(text) })),
})
export type Contact = Shaped<typeof contactShape>

/** All contacts come at once: they are few. */
export const contactsShape = record({ items: list(contactShape) })

export const contactAddresses = {
  all: address`/contacts`,
  of: (contact: string) => address`/contacts/${contact}`,
  verification: (contact: string) => address`/contacts/${contact}/verification`,
  code: (contact: string) => address`/contacts/${contact}/verification/code`,
}
