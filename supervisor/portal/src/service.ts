import type { Shaped } from '@probant/web/browser'
import {
  address,
  anything,
  flag,
  list,
  number,
  oneOf,
  optional,
  pageOf,
  record,
  text,
} from '@probant/web/browser'

/** The part of the centre's interface that these pages use: what they send, in `address`es, and what they read. */

const wordsShape = record({ fr: text, en: text })
const headShape = record({ size: number, at: text })

export const boxShape = record({
  id: text,
  name: text,
  origin: optional(text),
  state: oneOf('ok', 'warning', 'alert', 'silent'),
  witnessedOnly: flag,
  lastHead: optional(headShape),
  lastShipment: optional(headShape),
  nextDeadline: optional(text),
  attestation: oneOf('not-attested', 'attested', 'mismatch', 'missing'),
  attestedAt: optional(text),
  openFindings: number,
})
export type Box = Shaped<typeof boxShape>

export const findingShape = record({
  id: text,
  kind: text,
  severity: oneOf('warning', 'alert'),
  seq: optional(number),
  origin: optional(text),
  raisedAt: text,
  // Absent for a kind that the centre has no words for.
  sentence: optional(wordsShape),
  cause: optional(wordsShape),
  action: optional(wordsShape),
  sides: record({ expected: wordsShape, found: wordsShape }),
  // SHA-256 of the bytes that the centre keeps of each side.
  evidence: record({ expected: optional(text), found: optional(text) }),
  resolvedAt: optional(text),
})
export type Finding = Shaped<typeof findingShape>

export const alertShape = record({
  id: text,
  openedAt: text,
  severity: oneOf('warning', 'alert'),
  box: optional(text),
  kind: text,
  findings: list(text),
  // Of an alert about many boxes at once: how many, and the first few.
  boxes: optional(record({ count: number, first: list(text) })),
  sentence: optional(wordsShape),
  action: optional(wordsShape),
  state: oneOf('open', 'acknowledged', 'resolved'),
  note: optional(text),
  notifications: list(record({ at: text, channel: text, outcome: text, reply: optional(text) })),
})
export type Alert = Shaped<typeof alertShape>

/** What a link in a message shows of its alert. */
export const linkedAlertShape = record({
  state: oneOf('open', 'acknowledged', 'resolved'),
  severity: oneOf('warning', 'alert'),
  openedAt: text,
  kind: text,
  sentence: optional(wordsShape),
})
export type LinkedAlert = Shaped<typeof linkedAlertShape>

/** What a link that asks for a confirmation shows. */
export const confirmationShape = record({ isDone: flag, centre: text })
export type Confirmation = Shaped<typeof confirmationShape>

export const entryShape = record({
  seq: number,
  time: text,
  act: text,
  outcome: text,
  data: optional(anything),
})
export type AlertJournalEntry = Shaped<typeof entryShape>

/** How many boxes are in each state. */
export const fleetShape = record({
  states: record({ alert: number, silent: number, warning: number, ok: number }),
})

export const boxPage = pageOf(boxShape)
export const findingPage = pageOf(findingShape)
export const alertPage = pageOf(alertShape)
export const entryPage = pageOf(entryShape)

export const addresses = {
  fleet: address`/fleet`,
  boxes: (query: BoxQuery, cursor?: string) =>
    withCursor(address`/boxes`, cursor, { order: 'attention', ...query }),
  box: (box: string) => address`/boxes/${box}`,
  findings: (box: string, cursor?: string) => withCursor(address`/boxes/${box}/findings`, cursor),
  finding: (box: string, finding: string) => address`/boxes/${box}/findings/${finding}`,
  evidence: (box: string, finding: string, side: string) =>
    address`/boxes/${box}/findings/${finding}/evidence/${side}`,
  alerts: (cursor?: string) => withCursor(address`/alerts`, cursor),
  acknowledgement: (alert: string) => address`/alerts/${alert}/acknowledgement`,
  resolution: (alert: string) => address`/alerts/${alert}/resolution`,
  acknowledgements: address`/acknowledgements`,
  acknowledgementPreview: address`/acknowledgements/preview`,
  contactVerifications: address`/contact-verifications`,
  testConfirmations: address`/test-confirmations`,
  alertJournal: (cursor?: string) => withCursor(address`/alert-journal`, cursor),
}

/** What is looked for in the fleet. */
export interface BoxQuery {
  state?: Box['state']
  text?: string
}

/** A page of a list. */
export function withCursor(path: string, cursor: string | undefined, more: object = {}): string {
  const query = new URLSearchParams({ limit: '100', ...more })
  if (cursor !== undefined) query.set('cursor', cursor)
  return `${path}?${query.toString()}`
}
