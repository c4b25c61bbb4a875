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

/** What the alert journal shows to have been changed beside it, or that nobody is left. */
const TAMPERED: Readonly<Record<string, Words>> = {
  removed: {
    fr: 'Un contact a disparu de la base du centre de supervision, sans qu’un opérateur l’ait retiré.',
    en: 'A contact is gone from the supervision centre’s database without an operator having removed it.',
  },
  altered: {
    fr: 'Un contact n’est plus, dans la base du centre de supervision, celui qui a été journalisé.',
    en: 'A contact in the supervision centre’s database is no longer the one that was journalled.',
  },
  silenced: {
    fr: 'Une alerte a été réduite au silence dans la base du centre de supervision, sans que personne l’ait prise en charge.',
    en: 'An alert was silenced in the supervision centre’s database without anybody having taken charge of it.',
  },
  nobody: {
    fr: 'Plus personne n’est prévenu des alertes du centre de supervision.',
    en: 'Nobody is told of the supervision centre’s alerts any more.',
  },
}

const CHANGED: Words = {
  fr: 'La base du centre a été modifiée sans passer par lui, ou remise en partie à un état antérieur.',
  en: 'The centre’s database was changed past it, or put back in part.',
}

const UNREACHED: Words = {
  fr: 'Adresse supprimée, relais ou récepteur arrêté ou mal réglé, certificat périmé, réseau coupé.',
  en: 'The address is gone, the relay or receiver is down or misconfigured, a certificate has expired, the network is cut.',
}

const CAUSES: Readonly<Record<string, Words>> = {
  unconfirmed: {
    fr: 'Le message s’est perdu après le relais (filtre, boîte abandonnée), ou personne ne lit ce qui arrive là.',
    en: 'The message got lost behind the relay (a filter, an abandoned mailbox), or nobody reads what arrives there.',
  },
  ...{ removed: CHANGED, altered: CHANGED, silenced: CHANGED },
  nobody: {
    fr: 'Le dernier contact confirmé a été retiré.',
    en: 'The last verified contact was removed.',
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
      const why = text(told, 'why')
      const tampered = TAMPERED[why]
      if (tampered !== undefined) return tampered
      const by = CHANNELS[text(told, 'channel')] ?? { fr: '', en: '' }
      return {
        fr: `Le centre de supervision n’est plus sûr de joindre un contact ${by.fr} : ${WHY[why]?.fr ?? ''}.`,
        en: `The supervision centre is no longer sure to reach a contact ${by.en}: ${WHY[why]?.en ?? ''}.`,
      }
    },
    cause: (told) => CAUSES[text(told, 'why')] ?? UNREACHED,
    action: {
      fr: 'Voir sur la page des contacts le dernier essai et sa réponse, réparer, puis renvoyer le message de confirmation. Tant que ce n’est pas fait, les alertes vont aussi au suppléant du contact ; s’il n’en a pas, en désigner un. Ce qui a été changé dans la base : le remettre, et chercher qui y a accès.',
      en: 'Look at the last attempt and its reply among the contacts, mend it, then send the verification message again. Until then alerts also go to who stands in for the contact; if nobody does, add somebody. What was changed in the database: put it back, and look for who has access to it.',
    },
  },
}
