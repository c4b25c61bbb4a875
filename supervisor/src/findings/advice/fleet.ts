import { formatTime } from '@probant/host'
import type { FleetSummary } from '../../store/fleet-alerts.ts'
import type { Explanation } from '../catalogue.ts'

/** Many boxes that fell silent together, in words. */
export function explainFleet({ boxes, silent, first, sinceMs }: FleetSummary): Explanation {
  const since = formatTime(sinceMs)
  const names = first.map(({ name }) => name).join(', ') + (boxes > first.length ? '…' : '')
  return {
    sentence: {
      fr: `Boîtiers devenus silencieux ensemble, constaté depuis le ${since} : ${boxes}, dont encore silencieux : ${silent}. Les premiers : ${names}`,
      en: `Boxes that fell silent together, found since ${since}: ${boxes}, of which still silent: ${silent}. The first: ${names}`,
    },
    cause: {
      fr: 'Une coupure de ce qu’ils ont en commun : le réseau devant ce centre, un opérateur, un site.',
      en: 'A cut of what they share: the network before this centre, a provider, a site.',
    },
    action: {
      fr: 'Vérifier d’abord le réseau de ce centre, puis l’opérateur. Les constats sont à la page de chaque boîtier ; celui qui reste silencieux quand les autres reviennent est à examiner sur place.',
      en: 'Check this centre’s own network first, then the provider. Findings are on each box’s page; one that stays silent when the others come back is to be looked at on site.',
    },
  }
}
