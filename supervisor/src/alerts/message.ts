import type { Words } from '@probant/web'
import { explainFleet } from '../findings/advice/fleet.ts'
import { explain, isRaisedKind, type Explanation, type Told } from '../findings/catalogue.ts'
import type { Alert } from '../store/alerts.ts'
import type { StoredFinding } from '../store/findings.ts'
import type { FleetSummary } from '../store/fleet-alerts.ts'
import type { Message } from './channel.ts'

/** What a message speaks of. */
export interface Occasion {
  alert: Alert
  /** Name of the box, or of the centre. */
  subject: string
  findings: readonly StoredFinding[]
  /** In place of findings, where the alert tells of many boxes. */
  fleet?: FleetSummary
  /** opened, updated-<n>, reminder-<n>. */
  occasion: string
  /** Where the alert can be seen. */
  link: string
  /** Where whoever got this message takes charge of it, without signing in. */
  acknowledgeLink: string
}

/** Most findings told in full, the newest; the page shows all. */
const TOLD_IN_FULL = 5
/** Most kinds that a subject line names. */
const KINDS_IN_SUBJECT = 3

/**
 * The text of a message: what is so, why probably, what to do, where to acknowledge. What came last comes first, and every
 * kind is named. Nothing personal: findings carry none, and the contact's name or address isn't repeated.
 */
export function messageOf(occasion: Occasion): Message {
  const { alert, subject, findings } = occasion
  const told = findings.flatMap((finding) => toldOf(subject, finding) ?? []).reverse()
  const all = occasion.fleet?.kinds ?? [...new Set(told.map(({ kind }) => kind))]
  const kinds =
    all.slice(0, KINDS_IN_SUBJECT).join(', ') + (all.length > KINDS_IN_SUBJECT ? '…' : '')
  const urgency = alert.severity === 'alert' ? 'Alerte' : 'Avertissement'
  const again = occasion.occasion.startsWith('reminder') ? 'Rappel – ' : ''
  return {
    subject: `[Probant] ${again}${urgency} – ${subject} – ${kinds}`,
    text: `${inLanguage('fr', occasion, told)}\n\n— — —\n\n${inLanguage('en', occasion, told)}\n`,
  }
}

/** A stored finding as its sentence needs it; undefined for a kind of a later version. */
export function toldOf(subject: string, finding: StoredFinding): Told | undefined {
  const { kind, seq, expected, found, circumstances } = finding
  return isRaisedKind(kind) ? { kind, subject, seq, expected, found, circumstances } : undefined
}

const HEADINGS = {
  kind: { fr: 'Nature', en: 'Kind' },
  cause: { fr: 'Cause probable', en: 'Probable cause' },
  action: { fr: 'Que faire', en: 'What to do' },
  more: { fr: 'Autres constats sur la page :', en: 'Further findings on the page:' },
  acknowledge: {
    fr: 'Prendre en charge (sans se connecter ; ce lien vous est propre)',
    en: 'Take charge (without signing in; this link is yours)',
  },
  link: { fr: 'Détail', en: 'Details' },
  reminders: {
    fr: 'Des rappels seront envoyés jusqu’à l’acquittement.',
    en: 'Reminders will be sent until it is acknowledged.',
  },
} as const satisfies Record<string, Words>

function inLanguage(
  language: keyof Words,
  { fleet, link, acknowledgeLink }: Occasion,
  told: readonly Told[],
): string {
  const colon = language === 'fr' ? ' :' : ':'
  const paragraph = (kind: string, { sentence, cause, action }: Explanation) =>
    [
      sentence[language],
      `${HEADINGS.kind[language]}${colon} ${kind}`,
      `${HEADINGS.cause[language]}${colon} ${cause[language]}`,
      `${HEADINGS.action[language]}${colon} ${action[language]}`,
    ].join('\n')
  const paragraphs = fleet
    ? [paragraph(fleet.kinds.join(', '), explainFleet(fleet))]
    : told.slice(0, TOLD_IN_FULL).map((one) => paragraph(one.kind, explain(one)))
  const more = told.slice(TOLD_IN_FULL)
  if (more.length > 0) paragraphs.push(`${HEADINGS.more[language]} ${counted(more)}`)
  paragraphs.push(
    `${HEADINGS.acknowledge[language]}${colon}\n${acknowledgeLink}`,
    `${HEADINGS.link[language]}${colon} ${link}\n${HEADINGS.reminders[language]}`,
  )
  return paragraphs.join('\n\n')
}

/** `gap, altered-trace (3)` */
function counted(told: readonly Told[]): string {
  const counts = new Map<string, number>()
  for (const { kind } of told) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => (count > 1 ? `${kind} (${count})` : kind)).join(', ')
}
