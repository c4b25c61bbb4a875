import type { Words } from '@probant/web'
import { at, about, always, checkIdentity, preserve, text, type AdviceOn } from './words.ts'

const altered: Words = {
  fr: 'Modification de la base de données du boîtier, ou panne de son disque.',
  en: 'A change of the box’s database, or a failing disk.',
}

const restored: Words = {
  fr: 'Disque ou base restaurés d’une copie plus ancienne sans déclaration, clone de la machine, ou effacement volontaire.',
  en: 'A disk or database restored from an older copy without a declaration, a clone of the machine, or a deliberate deletion.',
}

/** A journal that isn’t what the box wrote. */
export const adviceOnHistory: AdviceOn<
  | 'gap'
  | 'altered-trace'
  | 'broken-chain'
  | 'reordered'
  | 'duplicated'
  | 'truncated'
  | 'rollback'
  | 'fork'
  | 'undeclared-restore'
  | 'format-downgrade'
  | 'oversized'
  | 'missing-seal'
> = {
  gap: {
    sentence: about('il manque une trace au journal', 'a trace is missing from the journal'),
    cause: always({
      fr: 'Trace effacée de la base de données du boîtier, ou panne de son disque.',
      en: 'A trace deleted from the box’s database, or a failing disk.',
    }),
    action: preserve,
  },
  'altered-trace': {
    sentence: about('le journal a été modifié', 'the journal was altered'),
    cause: always(altered),
    action: preserve,
  },
  'broken-chain': {
    sentence: about('le chaînage du journal est rompu', 'the chain of the journal is broken'),
    cause: always(altered),
    action: preserve,
  },
  reordered: {
    sentence: about(
      'des traces du journal ont changé d’ordre',
      'traces of the journal changed their order',
    ),
    cause: always(altered),
    action: preserve,
  },
  duplicated: {
    sentence: about('une trace figure deux fois au journal', 'a trace is twice in the journal'),
    cause: always(altered),
    action: preserve,
  },
  truncated: {
    sentence: (told) => ({
      fr: `${told.subject} : les dernières traces ont été effacées. Le centre a vu le journal compter ${text(told, 'witnessedSize')} traces, il n’en montre plus que ${text(told, 'size')}.`,
      en: `${told.subject}: the newest traces were deleted. The centre saw the journal count ${text(told, 'witnessedSize')} traces, it now shows only ${text(told, 'size')}.`,
    }),
    cause: always({
      fr: 'Traces effacées en fin de journal alors que le reste de la base continue de les compter.',
      en: 'Traces deleted at the end of the journal while the rest of the database still counts them.',
    }),
    action: preserve,
  },
  rollback: {
    sentence: (told) => ({
      fr: `${told.subject} : le journal est revenu en arrière. Attendu : ${told.expected}. Trouvé : ${told.found}.`,
      en: `${told.subject}: the journal went back in time. Expected: ${told.expected}. Found: ${told.found}.`,
    }),
    cause: always(restored),
    action: preserve,
  },
  fork: {
    sentence: (told) => ({
      fr: `${told.subject} : le boîtier a signé deux histoires différentes${at(told.seq).fr}.`,
      en: `${told.subject}: the box signed two different histories${at(told.seq).en}.`,
    }),
    cause: always({
      fr: 'Clone de la machine en service à côté de l’original, ou restauration non déclarée suivie d’une reprise du travail.',
      en: 'A clone of the machine at work beside the original, or an undeclared restore after which work went on.',
    }),
    action: preserve,
  },
  'undeclared-restore': {
    sentence: (told) => ({
      fr: `${told.subject} : le boîtier écrit un autre journal que celui qui est suivi (${told.found} au lieu de ${told.expected}) sans restauration déclarée.`,
      en: `${told.subject}: the box writes another journal than the one followed (${told.found} instead of ${told.expected}) without a declared restore.`,
    }),
    cause: always(restored),
    action: preserve,
  },
  'format-downgrade': {
    sentence: about(
      'une trace a un format inconnu ou rétrogradé',
      'a trace has an unknown or downgraded format',
    ),
    cause: always({
      fr: 'Logiciel du boîtier plus récent que le centre, ou remplacé par un autre.',
      en: 'The box’s software is newer than the centre, or was replaced by another.',
    }),
    action: {
      fr: 'Comparer les versions du boîtier et du centre ; mettre le centre à jour s’il est en retard.',
      en: 'Compare the versions of box and centre; update the centre if it is behind.',
    },
  },
  oversized: {
    sentence: (told) => ({
      fr: `${told.subject} : un envoi dépasse les limites${at(told.seq).fr} (${told.found}).`,
      en: `${told.subject}: a shipment exceeds the limits${at(told.seq).en} (${told.found}).`,
    }),
    cause: always({
      fr: 'Logiciel du boîtier modifié, ou tentative de saturer le centre.',
      en: 'Changed software on the box, or an attempt to overload the centre.',
    }),
    action: checkIdentity,
  },
  'missing-seal': {
    sentence: about('le journal n’a pas été scellé à temps', 'the journal was not sealed in time'),
    cause: always({
      fr: 'Service de scellement arrêté, ou horloge du boîtier figée.',
      en: 'The sealing service stopped, or the box’s clock stands still.',
    }),
    action: {
      fr: 'Vérifier l’état du service sur le boîtier et son horloge.',
      en: 'Check the state of the service on the box and its clock.',
    },
  },
}
