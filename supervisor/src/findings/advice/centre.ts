import type { Words } from '@probant/web'
import { always, text, type AdviceOn } from './words.ts'

const CHANNELS: Readonly<Record<string, Words>> = {
  email: { fr: 'par courriel', en: 'by e-mail' },
  webhook: { fr: 'par webhook', en: 'by webhook' },
  syslog: { fr: 'par syslog', en: 'by syslog' },
}

const WHY: Readonly<Record<string, Words>> = {
  refused: { fr: 'un message a été refusé', en: 'a message was refused' },
  delayed: { fr: 'un message n’est pas accepté', en: 'a message is not taken' },
  unconfirmed: {
    fr: 'personne n’a confirmé le message d’essai',
    en: 'nobody confirmed the test message',
  },
}

/** The centre itself. */
export const adviceOnCentre: AdviceOn<'supervisor-was-blind' | 'alerting-broken'> = {
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
  'alerting-broken': {
    sentence: (told) => {
      const by = CHANNELS[text(told, 'channel')] ?? { fr: '', en: '' }
      return {
        fr: `Le centre de supervision n’est plus sûr de joindre un contact ${by.fr} : ${WHY[text(told, 'why')]?.fr ?? ''}.`,
        en: `The supervision centre is no longer sure to reach a contact ${by.en}: ${WHY[text(told, 'why')]?.en ?? ''}.`,
      }
    },
    cause: (told) =>
      text(told, 'why') === 'unconfirmed'
        ? {
            fr: 'Le message s’est perdu après le relais (filtre, boîte abandonnée), ou personne ne lit ce qui arrive là.',
            en: 'The message got lost behind the relay (a filter, an abandoned mailbox), or nobody reads what arrives there.',
          }
        : {
            fr: 'Adresse supprimée, relais ou récepteur arrêté ou mal réglé, certificat périmé, réseau coupé.',
            en: 'The address is gone, the relay or receiver is down or misconfigured, a certificate has expired, the network is cut.',
          },
    action: {
      fr: 'Voir sur la page des contacts le dernier essai et sa réponse, réparer, puis renvoyer le message de confirmation. Tant que ce n’est pas fait, les alertes vont aussi au suppléant du contact ; s’il n’en a pas, en désigner un.',
      en: 'Look at the last attempt and its reply among the contacts, mend it, then send the verification message again. Until then alerts also go to who stands in for the contact; if nobody does, add somebody.',
    },
  },
}
