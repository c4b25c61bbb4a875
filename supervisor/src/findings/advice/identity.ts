import { at, always, checkIdentity, type AdviceOn } from './words.ts'

/** Keys, machines and what they attest. */
export const adviceOnIdentity: AdviceOn<
  | 'bad-checkpoint-signature'
  | 'wrong-key'
  | 'hardware-change-declared'
  | 'wrong-box'
  | 'attestation-mismatch'
  | 'hardware-counter-regression'
  | 'clone'
> = {
  'bad-checkpoint-signature': {
    sentence: (told) => ({
      fr: `${told.subject} : la signature d’un point de contrôle n’est pas valable.`,
      en: `${told.subject}: the signature of a checkpoint is not valid.`,
    }),
    cause: always({
      fr: 'Point de contrôle fabriqué ou modifié, ou panne de la clé matérielle.',
      en: 'A fabricated or altered checkpoint, or a failing hardware key.',
    }),
    action: checkIdentity,
  },
  'wrong-key': {
    sentence: (told) => ({
      fr: `${told.subject} : le journal est signé par une autre clé que celle qui a été enrôlée.`,
      en: `${told.subject}: the journal is signed by another key than the one enrolled.`,
    }),
    cause: always({
      fr: 'Boîtier réinstallé ou remplacé sans être enrôlé à nouveau, ou clé du journal remplacée.',
      en: 'The box was reinstalled or replaced without a new enrolment, or its journal key was swapped.',
    }),
    action: checkIdentity,
  },
  'hardware-change-declared': {
    sentence: (told) => ({
      fr: `${told.subject} : un changement de matériel est déclaré. ${told.seq === null ? 'Un autre TPM atteste désormais' : `Le journal continue sous une autre clé${at(told.seq).fr}`}.`,
      en: `${told.subject}: a change of hardware is declared. ${told.seq === null ? 'Another TPM attests from now on' : `The journal goes on under another key${at(told.seq).en}`}.`,
    }),
    cause: always({
      fr: 'Boîtier remplacé ou récupéré par les détenteurs de parts, et déclaré par un opérateur de ce centre.',
      en: 'The box was replaced, or recovered by the holders of shares, and an operator of this centre declared it.',
    }),
    action: {
      fr: 'Vérifier auprès du client, par un autre moyen, que le changement est voulu et que les empreintes des nouvelles clés sont les siennes, puis acquitter.',
      en: 'Make sure with the client, by another way, that the change is wanted and that the digests of the new keys are theirs, then acknowledge.',
    },
  },
  'wrong-box': {
    sentence: (told) => ({
      fr: `${told.subject} : ce qui arrive appartient à un autre journal (${told.found} au lieu de ${told.expected}).`,
      en: `${told.subject}: what arrives belongs to another journal (${told.found} instead of ${told.expected}).`,
    }),
    cause: always({
      fr: 'Disque ou identité d’un autre boîtier, ou configuration copiée.',
      en: 'The disk or identity of another box, or a copied configuration.',
    }),
    action: checkIdentity,
  },
  'attestation-mismatch': {
    sentence: (told) => ({
      fr: `${told.subject} : l’état de la machine n’est pas celui qui est attendu, ou n’est pas attesté.`,
      en: `${told.subject}: the state of the machine is not the one expected, or is not attested.`,
    }),
    cause: always({
      fr: 'Micrologiciel, chargeur ou système mis à jour ou modifiés, réglages de démarrage changés, ou agent sans accès à sa puce TPM.',
      en: 'Firmware, boot loader or system updated or altered, boot settings changed, or an agent without access to its TPM.',
    }),
    action: {
      fr: 'Après une mise à jour voulue, importer les valeurs de référence signées, ou faire approuver ces valeurs par deux opérateurs. Sinon, examiner la machine sur place avant toute approbation.',
      en: 'After an update that was wanted, import the signed reference values, or have two operators approve these values. Otherwise examine the machine on site before any approval.',
    },
  },
  'hardware-counter-regression': {
    sentence: (told) => ({
      fr: `${told.subject} : les compteurs de la puce TPM ont reculé. Attendu : ${told.expected}. Trouvé : ${told.found}.`,
      en: `${told.subject}: the counters of the TPM went back. Expected: ${told.expected}. Found: ${told.found}.`,
    }),
    cause: always({
      fr: 'Puce TPM réinitialisée, ou état d’une puce simulée remis à une copie plus ancienne.',
      en: 'The TPM was cleared, or a simulated TPM was put back to an older copy.',
    }),
    action: checkIdentity,
  },
  clone: {
    sentence: (told) => ({
      fr: `${told.subject} : une autre machine se présente sous l’identité de ce boîtier, avec sa propre puce TPM.`,
      en: `${told.subject}: another machine presents itself as this box, with a TPM of its own.`,
    }),
    cause: always({
      fr: 'Disque copié ou déplacé sur une autre machine, ou carte mère remplacée sans nouvel enrôlement.',
      en: 'The disk was copied or moved to another machine, or the mainboard replaced without a new enrolment.',
    }),
    action: checkIdentity,
  },
}
