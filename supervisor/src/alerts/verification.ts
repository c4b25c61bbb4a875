import { equalBytes, utf8 } from '@probant/evidence'
import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import {
  countRefusedCode,
  findContact,
  holdCode,
  insertContact,
  listContacts,
  markVerified,
  setCode,
  type Contact,
  type Verified,
} from '../store/contacts.ts'
import { enqueue, verificationsSince, withdrawVerifications } from '../store/notifications.ts'
import { CENTRE } from '../store/rows.ts'
import { append, type Act, type Journalling } from './journal.ts'
import { signedLink } from './signed-link.ts'
import { reached } from './unreached.ts'

/** How long a verification message can be answered. */
export const VERIFIABLE_MS = 7 * 86_400_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Messages to one contact in a day, and to all together in an hour: nobody's mailbox is filled by adding them. */
const MOST_TO_ONE = 5
const MOST_IN_AN_HOUR = 50
/** Wrong codes after which only a new message helps. */
const MOST_REFUSALS = 5
/** Letters and digits that are told apart on paper and by telephone; thirty-two of them. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const CODE_LENGTH = 8

/**
 * A contact as it is added: told of nothing until it is verified.
 * @throws SupervisorError `too-many-messages`, PostgresError when the address is there already
 */
export async function addContact(
  client: Client,
  context: Context,
  tenantId: string,
  contact: Contact,
): Promise<Omit<Act, 'outcome'>[]> {
  await refuseTooMany(client, context, tenantId, contact.contactId)
  await insertContact(client, tenantId, contact)
  return [addedAct(contact), await ask(client, context, tenantId, contact, 1)]
}

/**
 * Sends the message once more; the code of the one before counts no longer.
 * @throws SupervisorError `too-many-messages`
 */
export async function askAgain(
  client: Client,
  context: Context,
  tenantId: string,
  contact: Contact,
): Promise<Omit<Act, 'outcome'>> {
  await refuseTooMany(client, context, tenantId, contact.contactId)
  const since = await verificationsSince(client, tenantId, 0)
  const sent = since.filter(({ contactId }) => contactId === contact.contactId).length
  await withdrawVerifications(client, tenantId, contact.contactId)
  return ask(client, context, tenantId, contact, sent + 1)
}

async function refuseTooMany(
  client: Client,
  { clock }: Context,
  tenantId: string,
  contactId: string,
): Promise<void> {
  const nowMs = clock.nowMs()
  const all = await verificationsSince(client, tenantId, nowMs - DAY_MS)
  const own = all.filter((one) => one.contactId === contactId)
  const lately = all.filter(({ atMs }) => atMs > nowMs - HOUR_MS)
  const newest = own.at(-1)
  const waits = [
    newest === undefined ? 0 : newest.atMs + MINUTE_MS,
    (own.at(-MOST_TO_ONE)?.atMs ?? -DAY_MS) + DAY_MS,
    (lately.at(-MOST_IN_AN_HOUR)?.atMs ?? -HOUR_MS) + HOUR_MS,
  ]
  const againAtMs = Math.max(...waits)
  if (againAtMs > nowMs)
    throw new SupervisorError('too-many-messages', `not before ${formatTime(againAtMs)}`)
}

async function ask(
  client: Client,
  { clock, randomness }: Context,
  tenantId: string,
  contact: Contact,
  count: number,
): Promise<Omit<Act, 'outcome'>> {
  const nowMs = clock.nowMs()
  const { contactId } = contact
  const letters = [...randomness.bytes(CODE_LENGTH)].map((byte) => ALPHABET.charAt(byte % 32))
  await setCode(client, tenantId, contactId, letters.join(''), nowMs + VERIFIABLE_MS)
  const message = {
    ...{ notificationId: randomness.uuid(), alertId: null, contactId },
    ...{ occasion: `verification-${count}`, dueAtMs: nowMs },
  }
  await enqueue(client, { tenantId, boxId: CENTRE }, message, nowMs)
  return {
    act: 'contact-verification-asked',
    data: { contact: contactId, notification: message.notificationId },
    address: contact,
  }
}

/** What the message to an unverified contact carries; undefined when it was answered or withdrawn meanwhile. */
export async function verificationOf(
  context: Context,
  tenantId: string,
  contactId: string,
): Promise<{ link: string; code: string; validUntilMs: number } | undefined> {
  const held = await holdCode(context.database, tenantId, contactId)
  if (held === undefined) return undefined
  const { code, expiresAtMs } = held
  const ids = [tenantId, contactId]
  const link = await signedLink(context, 'contact-verification', ids, expiresAtMs)
  return { link, code, validUntilMs: expiresAtMs }
}

/** What came of a code that an operator was given. */
export type CodeAnswer = 'verified' | 'wrong' | 'ended'

/** The operator says the code that the receiver got. Five wrong ones end it. */
export async function verifyByCode(
  context: Context,
  { tenantId, operatorId }: { tenantId: string; operatorId: string },
  contactId: string,
  said: string,
): Promise<CodeAnswer> {
  const answer = await context.database.transaction(
    async (client): Promise<CodeAnswer> => {
      const held = await holdCode(client, tenantId, contactId)
      if (held === undefined || held.expiresAtMs < context.clock.nowMs()) return 'ended'
      if (held.refusals >= MOST_REFUSALS) return 'ended'
      const isSame = equalBytes(utf8(said), utf8(held.code))
      if (isSame) {
        await verify(client, context, tenantId, contactId, 'code', operatorId)
        return 'verified'
      }
      await countRefusedCode(client, tenantId, contactId)
      await append(client, context, tenantId, [
        {
          act: 'contact-verified',
          outcome: 'refused',
          data: { contact: contactId, reason: 'wrong-code' },
          operatorId,
        },
      ])
      return 'wrong'
    },
    { attempts: 3 },
  )
  context.wake()
  return answer
}

/** The receiver itself has shown that it got the message. Repeating it changes nothing. */
export async function verifyByReceiver(
  context: Context,
  tenantId: string,
  contactId: string,
  by: 'link' | 'challenge',
): Promise<void> {
  await context.database.transaction((client) => verify(client, context, tenantId, contactId, by), {
    attempts: 3,
  })
  context.wake()
}

async function verify(
  client: Client,
  context: Context,
  tenantId: string,
  contactId: string,
  by: Verified,
  operatorId?: string,
): Promise<void> {
  const contact = await findContact(client, tenantId, contactId)
  const isNew = await markVerified(client, tenantId, contactId, by, context.clock.nowMs())
  if (contact === undefined || !isNew) return
  await reached(client, context, tenantId, contactId, true)
  await withdrawVerifications(client, tenantId, contactId)
  await append(client, context, tenantId, [verifiedAct(contact, by, operatorId)])
}

/**
 * A contact that whoever installs the centre gives: it counts as verified, since the one who writes the centre's settings could
 * write anything else into it, and the first alerts must not wait for anybody. Repeating it changes nothing.
 */
export async function installContact(
  client: Client,
  journalling: Journalling,
  tenantId: string,
  address: string,
  boxIds: string[] | null = null,
): Promise<void> {
  const existing = await listContacts(client, tenantId)
  if (existing.some((one) => one.address.toLowerCase() === address.toLowerCase())) return
  const atMs = journalling.clock.nowMs()
  const contact: Contact = {
    ...{ contactId: journalling.randomness.uuid(), channel: 'email', address, boxIds },
    ...{ addedAtMs: atMs, verified: { atMs, by: 'installation' }, removedAtMs: null },
    ...{ standsInFor: null, broken: null },
  }
  await insertContact(client, tenantId, contact)
  await append(client, journalling, tenantId, [
    { ...addedAct(contact), outcome: 'done' },
    verifiedAct(contact, 'installation'),
  ])
}

function addedAct(contact: Contact): Omit<Act, 'outcome'> {
  const { contactId, channel, boxIds, standsInFor } = contact
  return {
    act: 'contact-added',
    data: { contact: contactId, channel, boxes: boxIds, standsInFor },
    address: contact,
  }
}

function verifiedAct(contact: Contact, by: Verified, operatorId?: string): Act {
  return {
    act: 'contact-verified',
    outcome: 'done',
    data: { contact: contact.contactId, by },
    address: contact,
    ...(operatorId === undefined ? {} : { operatorId }),
  }
}
