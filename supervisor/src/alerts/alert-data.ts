import type { JsonObject } from '@probant/evidence'
import { explainFleet } from '../findings/advice/fleet.ts'
import { explain } from '../findings/catalogue.ts'
import { CENTRE } from '../store/rows.ts'
import type { Outgoing } from './channel.ts'
import { toldOf, type Occasion } from './message.ts'

/** Most findings that one message names, the newest; the page shows all. */
const MOST_NAMED = 50
const MOST_IN_LINE = 5

/** The same alert for machines, and as one line. */
export function alertData({
  alert,
  subject,
  findings,
  fleet,
  link,
  acknowledgeLink,
}: Occasion): Pick<Outgoing, 'severity' | 'line' | 'data'> {
  const newest = findings.toReversed()
  const kinds = fleet?.kinds ?? [...new Set(newest.map(({ kind }) => kind))]
  const explained = newest
    .slice(0, MOST_NAMED)
    .flatMap((finding): (JsonObject & { en: string })[] => {
      const told = toldOf(subject, finding)
      if (told === undefined) return []
      const { kind, seq, origin, findingId } = finding
      const { fr, en } = explain(told).sentence
      return [{ id: findingId, kind, seq, origin, en, fr }]
    })
  const sentences = fleet
    ? [explainFleet(fleet).sentence.en]
    : explained.slice(0, MOST_IN_LINE).map(({ en }) => en)
  const boxes = fleet && {
    count: fleet.boxes,
    silent: fleet.silent,
    first: fleet.first.map(({ boxId }) => boxId),
  }
  return {
    severity: alert.severity,
    line: [...new Set(sentences), `Take charge: ${acknowledgeLink}`].join(' '),
    data: {
      alert: alert.alertId,
      box: alert.boxId === CENTRE ? null : alert.boxId,
      name: subject,
      state: alert.state,
      kinds,
      ...(boxes && { boxes }),
      findings: explained,
      link,
      acknowledge: acknowledgeLink,
    },
  }
}
