import {
  parseCommitment,
  parseTrace,
  type Commitment,
  type JsonValue,
  type Trace,
} from '@probant/evidence'

/** A contact as the alert journal last said. */
export interface JournalledContact {
  readonly contactId: string
  /** Trace that added it, whose commitment is to its address. */
  readonly seq: number
  readonly address: Commitment | null
  /** null: every box. */
  readonly boxIds: readonly string[] | null
  readonly isVerified: boolean
}

/** What an alert journal says of contacts and alerts: the tables beside it may say nothing else. */
export class Journalled {
  /** Contacts that nobody removed. */
  readonly contacts = new Map<string, JournalledContact>()
  /** Alerts that nobody took charge of, with the messages about them that were taken. */
  readonly open = new Map<string, Set<string>>()
  /** Trace by which a contact was last verified or removed; null: nobody could ever be told. */
  lastTold: number | null = null

  /** The next trace. Taking the same ones again, in order, changes nothing. */
  take(bytes: Uint8Array): void {
    const trace = parseTrace(bytes)
    if (trace.outcome !== 'done') return
    const { contact, alert, notification } = trace.data
    if (typeof contact === 'string') this.#takeContact(trace, contact)
    if (typeof alert === 'string') this.#takeAlert(trace, alert, notification)
  }

  #takeContact({ act, seq, data }: Trace, contactId: string): void {
    const known = this.contacts.get(contactId)
    if (act === 'contact-added') this.contacts.set(contactId, addedBy(seq, contactId, data))
    if (act === 'contact-verified' && known !== undefined)
      this.contacts.set(contactId, { ...known, isVerified: true })
    if (act === 'contact-removed') this.contacts.delete(contactId)
    if (act === 'contact-verified' || act === 'contact-removed') this.lastTold = seq
  }

  #takeAlert({ act }: Trace, alertId: string, notification: JsonValue | undefined): void {
    if (act === 'alert-opened') this.open.set(alertId, new Set())
    if (act === 'alert-acknowledged' || act === 'alert-resolved') this.open.delete(alertId)
    if (act === 'notification-delivered' && typeof notification === 'string')
      this.open.get(alertId)?.add(notification)
  }
}

function addedBy(seq: number, contactId: string, data: Trace['data']): JournalledContact {
  const { address, boxes } = data
  return {
    contactId,
    seq,
    address: address === undefined ? null : parseCommitment(address),
    boxIds: Array.isArray(boxes) ? boxes.map(String) : null,
    isVerified: false,
  }
}
