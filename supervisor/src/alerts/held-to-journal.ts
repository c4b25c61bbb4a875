import {
  equalBytes,
  openingMatches,
  toBase64,
  toHex,
  utf8,
  type EvidenceCrypto,
} from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { KeptFact } from '../findings/evidence.ts'
import {
  hasVerifiedContact,
  silencedAlerts,
  storedContacts,
  type StoredContact,
} from '../store/alerting.ts'
import type { Journalled, JournalledContact } from './journalled.ts'

/** Why the centre may not be heard, beside contacts that can't be reached. */
export type SilencedWhy = 'removed' | 'altered' | 'silenced' | 'nobody'

/**
 * Holds contacts and alerts to what the alert journal says of them: who changes the tables alone keeps people from being told, and
 * leaves no other trace.
 * @param client of a transaction that holds the alert journal, all of whose traces were taken: nothing is between the two
 */
export async function heldToJournal(
  client: Client,
  crypto: EvidenceCrypto,
  tenantId: string,
  journalled: Journalled,
): Promise<KeptFact[]> {
  const contacts = [...journalled.contacts.values()]
  const stored = await storedContacts(client, tenantId, contacts)
  const facts = contacts.flatMap((contact) => {
    const row = stored.get(contact.contactId)
    const { contactId } = contact
    const expected = `the contact ${contactId} as the alert journal has it`
    if (row === undefined) return [fact('removed', contactId, expected, 'none')]
    const what = difference(crypto, contact, row)
    return what === undefined ? [] : [fact('altered', contactId, expected, what)]
  })
  for (const { alertId, notificationId } of await silencedAlerts(client, tenantId, [
    ...journalled.open.keys(),
  ]))
    if (notificationId === null)
      facts.push(
        fact('silenced', alertId, `the alert ${alertId} open`, 'another state, without an entry'),
      )
    else if (journalled.open.get(alertId)?.has(notificationId) === false)
      facts.push(
        fact(
          'silenced',
          notificationId,
          `a message about the alert ${alertId} that somebody was given`,
          'its state alone, without an entry',
        ),
      )
  const { lastTold } = journalled
  if (lastTold !== null && !(await hasVerifiedContact(client, tenantId)))
    facts.push(fact('nobody', String(lastTold), 'somebody who is told of alerts', 'nobody'))
  return facts
}

function difference(
  crypto: EvidenceCrypto,
  { address, boxIds, isVerified }: JournalledContact,
  row: StoredContact,
): string | undefined {
  if (isVerified && !row.isVerified) return 'one that was never verified'
  if (JSON.stringify(row.boxIds) !== JSON.stringify(boxIds)) return 'one for other boxes'
  if (address === null) return undefined
  const { opening } = row
  const isOpened =
    opening !== null &&
    openingMatches(crypto, address, {
      field: 'address',
      salt: toHex(opening.salt),
      value: toBase64(opening.value),
    })
  const isSame = isOpened && equalBytes(opening.value, utf8(row.address))
  return isSame ? undefined : 'one with another address'
}

/** Ids alone: neither the journal nor a finding names a person. */
function fact(why: SilencedWhy, of: string, expected: string, found: string): KeptFact {
  return {
    ...{ kind: 'alerting-broken', origin: null, seq: null, expected, found },
    circumstances: { of, why },
    key: `alerting-broken|${why}|${of}`,
    ...{ expectedEvidence: null, foundEvidence: null },
  }
}
