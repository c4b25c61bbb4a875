import type { Words } from '@probant/web'
import { explain, isRaisedKind, type Told } from '../findings/catalogue.ts'
import type { Alert } from '../store/alerts.ts'
import type { StoredFinding } from '../store/findings.ts'

/** A message to a contact, plain text in French and English. */
export interface Message {
  subject: string
  text: string
}

/** What a message speaks of. */
export interface Occasion {
  alert: Alert
  /** Name of the box, or of the centre. */
  subject: string
  findings: readonly StoredFinding[]
  /** opened, updated-<n>, reminder-<n>. */
  occasion: string
  /** Where the alert can be seen and acknowledged. */
  link: string
}

/** Most findings told in full; the page shows all. */
const TOLD_IN_FULL = 5

/**
 * The text of a message: what is so, why probably, what to do, where to acknowledge. Nothing personal: findings carry
 * none, and the contact's name or address isn't repeated.
 */
export function messageOf(occasion: Occasion): Message {
  const { alert, subject, findings } = occasion
  const told = findings.flatMap((finding) => toldOf(subject, finding) ?? [])
  const kinds = [...new Set(told.map(({ kind }) => kind))].join(', ')
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
  cause: { fr: 'Cause probable', en: 'Probable cause' },
  action: { fr: 'Que faire', en: 'What to do' },
  more: { fr: 'Autres constats sur la page :', en: 'Further findings on the page:' },
  link: { fr: 'Détail et acquittement', en: 'Details and acknowledgement' },
  reminders: {
    fr: 'Des rappels seront envoyés jusqu’à l’acquittement.',
    en: 'Reminders will be sent until it is acknowledged.',
  },
} as const satisfies Record<string, Words>

function inLanguage(language: keyof Words, { link }: Occasion, told: readonly Told[]): string {
  const paragraphs = told.slice(0, TOLD_IN_FULL).map((one) => {
    const { sentence, cause, action } = explain(one)
    return [
      sentence[language],
      `${HEADINGS.cause[language]} : ${cause[language]}`,
      `${HEADINGS.action[language]} : ${action[language]}`,
    ].join('\n')
  })
  const more = told.length - TOLD_IN_FULL
  if (more > 0) paragraphs.push(`${HEADINGS.more[language]} ${more}`)
  paragraphs.push(`${HEADINGS.link[language]} : ${link}\n${HEADINGS.reminders[language]}`)
  return paragraphs.join('\n\n')
}
