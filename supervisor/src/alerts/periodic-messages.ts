import { formatTime } from '@probant/host'
import type { Context } from '../context.ts'
import { countOpenAlerts } from '../store/alerts.ts'
import type { Contact } from '../store/contacts.ts'
import { listFleet } from '../store/fleet.ts'
import type { Outgoing } from './channel.ts'
import { periods } from './periods.ts'
import { signedLink } from './signed-link.ts'

type Content = Omit<Outgoing, 'id' | 'occasion'>

/** A message that asks for nothing but its confirmation: whether alerts would arrive is known only from the other end. */
export async function testMessage(
  context: Context,
  tenantId: string,
  { contactId }: Contact,
  notificationId: string,
): Promise<Content> {
  const { settings, clock } = context
  const { centreName } = settings
  const { confirmWithinMs, testEveryMs } = periods(settings)
  const nowMs = clock.nowMs()
  const until = formatTime(nowMs + confirmWithinMs)
  // the link of one test does not confirm the next
  const ids = [tenantId, contactId]
  const link = await signedLink(
    context,
    'test-confirmation',
    ids,
    nowMs + (testEveryMs ?? confirmWithinMs),
  )
  return {
    type: 'test',
    severity: 'notice',
    line: `Test of the way by which alerts come: nothing is wrong. Confirm until ${until}: ${link}`,
    data: { link, confirmUntil: until },
    challenge: notificationId,
    subject: `[Probant] Essai, à confirmer / Test, to be confirmed – ${centreName}`,
    text: `Essai : rien n’est en cause. Le centre de supervision ${centreName} vérifie que ses alertes vous parviennent. Confirmez avant le ${until} :
${link}

Sans confirmation, le centre tient ce moyen de vous joindre pour défaillant et le signale.

— — —

A test: nothing is wrong. The supervision centre ${centreName} makes sure that its alerts reach you. Confirm before ${until}:
${link}

Without it the centre takes this way to you for broken, and says so.
`,
  }
}

/** What a contact may rely on if it came, and has to ask about if it didn't: signed, with the date of the next. */
export async function allClearMessage(
  { settings, clock, database, keys }: Context,
  tenantId: string,
  { boxIds }: Contact,
  everyMs: number,
): Promise<Content> {
  const { centreName } = settings
  const nowMs = clock.nowMs()
  const [from, to, next] = [nowMs - everyMs, nowMs, nowMs + everyMs].map((at) => formatTime(at))
  const fleet = await listFleet(database, tenantId, 100_000)
  const boxes = fleet.filter(({ boxId }) => boxIds === null || boxIds.includes(boxId)).length
  const open = await countOpenAlerts(database, tenantId, boxIds)
  const facts = { from, to, next, boxes, 'open-alerts': open }
  const lines = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`)
  const note = await keys.signMessageNote(
    ['probant/all-clear/v1', centreName, ...lines, ''].join('\n'),
  )
  const title =
    open === 0 ? 'Rien à signaler / All clear' : `Alertes ouvertes : ${open} / open alerts: ${open}`
  return {
    type: 'all-clear',
    severity: 'notice',
    line: `From ${from ?? ''} to ${to ?? ''}: ${boxes} boxes, ${open} open alerts. The next of these messages is due on ${next ?? ''}.`,
    data: { from: from ?? '', to: to ?? '', next: next ?? '', boxes, openAlerts: open, note },
    subject: `[Probant] ${title} – ${centreName}`,
    text: `Du ${from ?? ''} au ${to ?? ''}, le centre de supervision ${centreName} a veillé sur ${boxes} boîtier(s) ; alertes encore ouvertes : ${open}.
Le prochain message de ce type est dû le ${next ?? ''}. S’il ne vient pas, appelez l’opérateur du centre : le silence n’est pas une bonne nouvelle.

— — —

From ${from ?? ''} to ${to ?? ''} the supervision centre ${centreName} watched ${boxes} box(es); alerts still open: ${open}.
The next message of this kind is due on ${next ?? ''}. If it does not come, call the centre’s operator: silence is no good news.

— — —

${note}`,
  }
}
