import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import type { KeptFact } from '../findings/evidence.ts'
import { raise } from '../findings/raise.ts'
import { findContact, listContacts, type BrokenWhy, type Contact } from '../store/contacts.ts'
import { openFindings, resolveFinding } from '../store/findings.ts'
import { enqueue } from '../store/notifications.ts'
import { standInOf } from '../store/recipients.ts'
import { CENTRE } from '../store/rows.ts'
import {
  holdUnconfirmed,
  markBroken,
  markReached,
  takeNotTaken,
  type NotTaken,
} from '../store/unreached.ts'
import { append } from './journal.ts'
import { periods } from './periods.ts'

/**
 * Sees to messages that were refused or not taken for a while: whoever stands in is told in their place, and the contact counts as
 * unreachable, which is a finding about the centre. All of it follows from what is stored, so that a crash loses none.
 */
export async function mindUnreached(context: Context): Promise<void> {
  let changed = 0
  while (await mindOne(context)) changed++
  while (await mindUnconfirmed(context)) changed++
  if (changed > 0) context.wake()
}

function mindOne(context: Context): Promise<boolean> {
  const nowMs = context.clock.nowMs()
  const { fallbackAfterMs } = periods(context.settings)
  return context.database.transaction(
    async (client) => {
      const late = await takeNotTaken(client, nowMs - fallbackAfterMs, nowMs)
      if (late === undefined) return false
      // an unverified contact is unreachable until it answers: that is what its state says
      const contact = await findContact(client, late.tenantId, late.contactId)
      if (contact === undefined || late.occasion.startsWith('verification')) return true
      if (late.alertId !== null) await tellStandIn(client, context, late, late.alertId)
      // never an alert about an alert about alerts
      if (late.cause === 'alerting') return true
      const why = late.state === 'failed' ? 'refused' : 'delayed'
      const { reply } = late
      await breakContact(client, context, late.tenantId, contact, why, reply ?? 'no reply')
      return true
    },
    { attempts: 3 },
  )
}

async function tellStandIn(
  client: Client,
  { clock, randomness }: Context,
  late: NotTaken,
  alertId: string,
): Promise<void> {
  const contacts = await listContacts(client, late.tenantId)
  const standIn = standInOf(contacts, late.contactId)
  if (standIn === undefined) return
  const atMs = clock.nowMs()
  const message = {
    ...{ notificationId: randomness.uuid(), alertId, contactId: standIn.contactId },
    ...{ occasion: late.occasion, dueAtMs: atMs },
  }
  await enqueue(client, late, message, atMs)
}

function mindUnconfirmed(context: Context): Promise<boolean> {
  const { confirmWithinMs } = periods(context.settings)
  const days = String(confirmWithinMs / 86_400_000)
  return context.database.transaction(
    async (client) => {
      const held = await holdUnconfirmed(client, context.clock.nowMs() - confirmWithinMs)
      if (held === undefined) return false
      const contact = await findContact(client, held.tenantId, held.contactId)
      if (contact === undefined) return false
      await breakContact(client, context, held.tenantId, contact, 'unconfirmed', days)
      return true
    },
    { attempts: 3 },
  )
}

const FOUND: Readonly<Record<BrokenWhy, (told: string) => string>> = {
  refused: (reply) => `a message refused with ${reply}`,
  delayed: (reply) => `a message that is not taken, with ${reply}`,
  unconfirmed: (days) => `a test message that nobody confirmed within ${days} days`,
}

/** Last in its transaction: it may hold the alert journal. */
async function breakContact(
  client: Client,
  context: Context,
  tenantId: string,
  { contactId, channel }: Contact,
  why: BrokenWhy,
  told: string,
): Promise<void> {
  const nowMs = context.clock.nowMs()
  if (!(await markBroken(client, tenantId, contactId, why, nowMs))) return
  const fact: KeptFact = {
    kind: 'alerting-broken',
    origin: null,
    seq: null,
    expected: `messages that reach the contact ${contactId}`,
    found: FOUND[why](told),
    circumstances: { contact: contactId, channel, why },
    // each time anew: a channel that fails again next month is another fact
    key: `alerting-broken|${contactId}|${formatTime(nowMs)}`,
    expectedEvidence: null,
    foundEvidence: null,
  }
  await raise(client, context, { tenantId, boxId: CENTRE }, [fact])
}

/**
 * It is reached again: the finding is over, the alert stays until somebody acknowledges it.
 * @returns whether that was news
 */
export async function reached(
  client: Client,
  context: Pick<Context, 'clock'>,
  tenantId: string,
  contactId: string,
  isConfirmed: boolean,
): Promise<boolean> {
  if (!(await markReached(client, tenantId, contactId, isConfirmed))) return false
  const centre = { tenantId, boxId: CENTRE }
  const how = isConfirmed ? 'confirmed by the contact' : 'a message was taken'
  for (const finding of await openFindings(client, centre, ['alerting-broken']))
    if (finding.circumstances['contact'] === contactId)
      await resolveFinding(client, centre, finding.findingId, how, context.clock.nowMs())
  return true
}

/** The contact says that a test message came. */
export async function confirmTest(
  context: Context,
  tenantId: string,
  contact: Contact,
  by: 'link' | 'challenge',
): Promise<void> {
  const { contactId } = contact
  await context.database.transaction(
    async (client) => {
      if (!(await reached(client, context, tenantId, contactId, true))) return
      await append(client, context, tenantId, [
        {
          act: 'alert-test-confirmed',
          outcome: 'done',
          data: { contact: contactId, by },
          address: contact,
        },
      ])
    },
    { attempts: 3 },
  )
  context.wake()
}
