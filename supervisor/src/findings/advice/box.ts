import type { Words } from '@probant/web'
import { at, about, always, text, type AdviceOn } from './words.ts'

const checkClock: Words = {
  fr: 'Vérifier la synchronisation de l’heure (NTP) et la pile de l’horloge du boîtier.',
  en: 'Check time synchronisation (NTP) and the clock battery of the box.',
}

/** What the box says of itself, and its clock. */
export const adviceOnBox: AdviceOn<
  | 'journalling-stopped'
  | 'deposits-stopped'
  | 'clock-skew'
  | 'clock-regression'
  | 'integrity-failure-on-box'
  | 'outside-token-missing'
  | 'evidence-renewal-missing'
  | 'seal-certificate-expiring'
> = {
  'journalling-stopped': {
    sentence: (told) => ({
      fr: `${told.subject} : le boîtier ne journalise plus et refuse donc tout acte (${told.found}).`,
      en: `${told.subject}: the box journals no more and so refuses every act (${told.found}).`,
    }),
    cause: always({
      fr: 'Matériel de clés débranché, lent ou en panne, code PIN bloqué, base de données arrêtée, ou journal altéré.',
      en: 'Key hardware unplugged, slow or failing, a locked PIN, the database down, or an altered journal.',
    }),
    action: {
      fr: 'Sur le boîtier, lancer « probant box status », puis vérifier le matériel de clés et la base de données ; les dépôts refusés sont à refaire.',
      en: 'On the box, run “probant box status”, then check the key hardware and the database; deposits that were refused have to be made again.',
    },
  },
  'deposits-stopped': {
    sentence: (told) => ({
      fr: `${told.subject} : le boîtier ne peut plus prouver de dépôt et les refuse tous (${told.found}).`,
      en: `${told.subject}: the box can prove no deposit any more and refuses them all (${told.found}).`,
    }),
    cause: always({
      fr: 'Clé de preuve, d’horodatage ou de cachet absente, lente ou en panne ; matériel de clés débranché, code PIN bloqué, ou horloge hors de la validité du certificat d’horodatage.',
      en: 'The archive, time-stamping or seal key missing, slow or failing; key hardware unplugged, a locked PIN, or a clock outside the time-stamping certificate’s validity.',
    }),
    action: {
      fr: 'Sur le boîtier, lancer « probant box status », puis vérifier le matériel de clés ; les dépôts refusés sont à refaire. Le journal et la lecture ne sont pas touchés.',
      en: 'On the box, run “probant box status”, then check the key hardware; deposits that were refused have to be made again. Journal and reading are not affected.',
    },
  },
  'clock-skew': {
    sentence: (told) => ({
      fr: `${told.subject} : l’horloge du boîtier s’écarte de ${text(told, 'skewSeconds')} s de celle du centre.`,
      en: `${told.subject}: the clock of the box is ${text(told, 'skewSeconds')} s off the centre’s.`,
    }),
    cause: always({
      fr: 'Heure non synchronisée, pile de l’horloge vide, ou heure changée volontairement.',
      en: 'Time not synchronised, an empty clock battery, or time changed on purpose.',
    }),
    action: checkClock,
  },
  'clock-regression': {
    sentence: (told) =>
      told.circumstances['centreIsAt'] === undefined
        ? about('l’heure du boîtier a reculé', 'the time of the box went back')(told)
        : {
            fr: `L’horloge du centre de supervision a été reculée, de ${text(told, 'centreWasAt')} à ${text(told, 'centreIsAt')}.`,
            en: `The supervision centre’s clock was put back, from ${text(told, 'centreWasAt')} to ${text(told, 'centreIsAt')}.`,
          },
    cause: always({
      fr: 'Correction brutale de l’heure, pile de l’horloge vide, ou heure changée volontairement.',
      en: 'An abrupt correction of the time, an empty clock battery, or time changed on purpose.',
    }),
    action: checkClock,
  },
  'integrity-failure-on-box': {
    sentence: (told) => ({
      fr: `${told.subject} : le boîtier a trouvé son propre contenu altéré${at(told.seq).fr} (${told.found}).`,
      en: `${told.subject}: the box found its own content altered${at(told.seq).en} (${told.found}).`,
    }),
    cause: always({
      fr: 'Fichier ou trace modifiés hors du service, ou panne de disque.',
      en: 'A file or trace changed outside of the service, or a failing disk.',
    }),
    action: {
      fr: 'Lancer « probant box fsck » sur le boîtier, contrôler les disques, et restaurer les documents nommés depuis une copie saine.',
      en: 'Run “probant box fsck” on the box, check its disks, and restore the documents named from a sound copy.',
    },
  },
  'outside-token-missing': {
    sentence: (told) => ({
      fr: `${told.subject} : aucune autorité d’horodatage extérieure n’a daté le journal depuis plus longtemps que le boîtier ne l’admet.`,
      en: `${told.subject}: no time-stamping authority outside has dated the journal for longer than the box allows.`,
    }),
    cause: always({
      fr: 'Autorités injoignables ou en panne, identifiants ou certificats à renouveler, ou horloge du boîtier fausse.',
      en: 'Authorities that can’t be reached or fail, credentials or certificates to renew, or a wrong clock of the box.',
    }),
    action: {
      fr: 'Lire le journal technique du boîtier, qui cite chaque autorité, et « probant box status » ; les dépôts continuent, datés par le boîtier et le témoin seuls.',
      en: 'Read the box’s log, which quotes each authority, and “probant box status”; deposits go on, dated by box and witness alone.',
    },
  },
  'evidence-renewal-missing': {
    sentence: (told) => ({
      fr: `${told.subject} : des jetons d’horodatage extérieurs cessent de prouver le ${text(told, 'ends')}, et rien ne les a renouvelés.`,
      en: `${told.subject}: time-stamp tokens of authorities outside stop proving at ${text(told, 'ends')}, and nothing has renewed them.`,
    }),
    cause: always({
      fr: 'Le certificat de leur autorité prend fin, ou un algorithme est retiré, et aucune autorité configurée n’a donné de jeton qui dure plus longtemps.',
      en: 'Their authority’s certificate ends or an algorithm is retired, and no authority configured gave a token that lasts longer.',
    }),
    action: {
      fr: 'Lire « probant box renewals » et le journal technique du boîtier ; configurer une autorité dont le certificat dure, puis « probant box renew » avant cette date.',
      en: 'Read “probant box renewals” and the box’s log; configure an authority whose certificate lasts, then “probant box renew” before that date.',
    },
  },
  'seal-certificate-expiring': {
    sentence: (told) => ({
      fr: `${told.subject} : le certificat de cachet du client prend fin le ${text(told, 'notAfter')}.`,
      en: `${told.subject}: the client’s seal certificate ends at ${text(told, 'notAfter')}.`,
    }),
    cause: always({
      fr: 'Un certificat a une fin. Passée celle-ci, les dépôts ne portent plus le cachet du client, ou sont refusés si le boîtier en exige un.',
      en: 'A certificate has an end. After it deposits no longer carry the client’s seal, or are refused if the box requires one.',
    }),
    action: {
      fr: 'Demander son renouvellement : « probant box seal-certificate request » sur le boîtier, puis « import » du certificat reçu ; l’ancien sert jusque-là.',
      en: 'Request its renewal: “probant box seal-certificate request” on the box, then “import” of the certificate received; the old one serves until then.',
    },
  },
}
