import { always, text, type AdviceOn } from './words.ts'

/** The centre itself. */
export const adviceOnCentre: AdviceOn<'supervisor-was-blind'> = {
  'supervisor-was-blind': {
    sentence: (told) => ({
      fr: `Le centre de supervision n’a rien surveillé du ${text(told, 'from')} au ${text(told, 'to')}.`,
      en: `The supervision centre watched nothing from ${text(told, 'from')} to ${text(told, 'to')}.`,
    }),
    cause: always({
      fr: 'Arrêt ou panne du centre lui-même.',
      en: 'The centre itself was stopped or failed.',
    }),
    action: {
      fr: 'Comprendre l’arrêt. Les envois dont l’échéance tombait dans cet intervalle n’ont pas été jugés ; l’échéance suivante les couvre.',
      en: 'Understand the stop. Shipments due in that interval were not judged; the next deadline covers them.',
    },
  },
}
