import type { Words } from '@probant/web'
import type { Told } from '../kinds.ts'
import { always, text, type AdviceOn } from './words.ts'

/** Somebody with another key under the box's name explains a silence better than a cable. */
function silent(told: Told): Words {
  const refusedAt = told.circumstances['refusedKeyAt'] ?? null
  return refusedAt === null
    ? {
        fr: 'Coupure du réseau, boîtier ou agent arrêté, ou agent empêché de transmettre.',
        en: 'A network cut, the box or its agent stopped, or the agent kept from shipping.',
      }
    : {
        fr: `Une connexion au nom de ce boîtier avec une autre clé a été refusée le ${refusedAt} : clé de l’agent remplacée, ou machine qui se fait passer pour lui.`,
        en: `A connection in this box’s name with another key was refused on ${refusedAt}: the agent’s key was replaced, or a machine impersonates it.`,
      }
}

const checkNetwork: Words = {
  fr: 'Vérifier que le boîtier est en marche, que son agent tourne et que le réseau laisse passer la connexion SSH vers le centre ; puis lancer « probant agent ship --now ».',
  en: 'Check that the box is up, that its agent runs and that the network lets the SSH connection to the centre through; then run “probant agent ship --now”.',
}

/** What doesn’t come, or came late. */
export const adviceOnSilence: AdviceOn<
  'missing-shipment' | 'late-shipment' | 'journal-unwitnessed'
> = {
  'missing-shipment': {
    sentence: (told) => ({
      fr: `${told.subject} : les traces attendues avant le ${text(told, 'dueAt')} ne sont pas arrivées (attendu ${told.expected}, reçu ${told.found}).`,
      en: `${told.subject}: the traces due before ${text(told, 'dueAt')} have not arrived (expected ${told.expected}, received ${told.found}).`,
    }),
    cause: silent,
    action: checkNetwork,
  },
  'late-shipment': {
    sentence: (told) => ({
      fr: `${told.subject} : les traces attendues avant le ${text(told, 'dueAt')} sont arrivées en retard, le ${text(told, 'arrivedAt')}.`,
      en: `${told.subject}: the traces due before ${text(told, 'dueAt')} arrived late, on ${text(told, 'arrivedAt')}.`,
    }),
    cause: always({
      fr: 'Coupure passagère du réseau ou du boîtier. Les traces sont complètes et vérifiées.',
      en: 'A passing cut of the network or of the box. The traces are complete and verified.',
    }),
    action: {
      fr: 'Rien d’urgent : comprendre la coupure, puis acquitter l’alerte.',
      en: 'Nothing urgent: understand the cut, then acknowledge the alert.',
    },
  },
  'journal-unwitnessed': {
    sentence: (told) => ({
      fr: `${told.subject} : aucune tête de journal depuis le ${text(told, 'lastHeadAt')} ; elles sont attendues toutes les ${text(told, 'everySeconds')} s.`,
      en: `${told.subject}: no head of the journal since ${text(told, 'lastHeadAt')}; one is expected every ${text(told, 'everySeconds')} s.`,
    }),
    cause: silent,
    action: checkNetwork,
  },
}
