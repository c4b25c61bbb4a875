import type { Words } from '@probant/web'
import { about, always, type AdviceOn } from './words.ts'

const byHand: Words = {
  fr: 'Modification directe de la base de données du boîtier, par quelqu’un qui en a tous les droits, ou panne de son disque.',
  en: 'A direct change of the box’s database, by somebody with every right on it, or a failing disk.',
}

const examine: Words = {
  fr: 'Lancer « probant box fsck » sur le boîtier, qui nomme chaque différence ; établir qui a eu accès à la base depuis le dernier recalcul intact ; copier la base avant d’y changer quoi que ce soit.',
  en: 'Run “probant box fsck” on the box, which names each difference; establish who had access to the database since the last sound recomputation; copy the database before anything in it is changed.',
}

/** What the box’s recomputation found changed beside the journal itself, and named by its kind. */
export const adviceOnStore: AdviceOn<
  | 'tiles-altered'
  | 'metadata-altered'
  | 'policy-altered'
  | 'unjournalled-object'
  | 'destroyed-key-revived'
> = {
  'tiles-altered': {
    sentence: about(
      'les nœuds d’arbre gardés en base ne sont pas ceux que donnent les traces',
      'the tree nodes kept in the database are not those that the traces give',
    ),
    cause: always(byHand),
    action: {
      fr: 'Le journal lui-même est intact. Lancer « probant box fsck » sur le boîtier, puis établir qui a modifié la base : ces nœuds servent à construire les preuves.',
      en: 'The journal itself is intact. Run “probant box fsck” on the box, then establish who changed the database: proofs are built from these nodes.',
    },
  },
  'metadata-altered': {
    sentence: (told) => ({
      fr: `${told.subject} : les métadonnées d’un objet archivé ne sont plus celles que prouve son dépôt (${told.found}).`,
      en: `${told.subject}: the metadata of an archived object are no longer those that its deposit proves (${told.found}).`,
    }),
    cause: always(byHand),
    action: examine,
  },
  'policy-altered': {
    sentence: (told) => ({
      fr: `${told.subject} : une règle de la base du boîtier a été modifiée (${told.found}).`,
      en: `${told.subject}: a rule of the box’s database was changed (${told.found}).`,
    }),
    cause: always({
      fr: 'Barrière de la base (déclencheur, fonction, droit), durée de conservation ou gel modifiés par quelqu’un qui a tous les droits sur elle, souvent pour modifier ou détruire ensuite ce que cela protège.',
      en: 'A barrier of the database (trigger, function, right), a retention or a hold changed by somebody with every right on it, often to change or destroy next what it protects.',
    }),
    action: examine,
  },
  'destroyed-key-revived': {
    sentence: (told) => ({
      fr: `${told.subject} : la clé d’un objet détruit est de nouveau dans la base du boîtier (${told.found}).`,
      en: `${told.subject}: the key of a destroyed object is in the box’s database again (${told.found}).`,
    }),
    cause: always({
      fr: 'Lignes remises depuis une sauvegarde, par quelqu’un qui a tous les droits sur la base, ou sauvegarde restaurée sans être déclarée.',
      en: 'Rows put back from a backup, by somebody with every right on the database, or a backup restored without being declared.',
    }),
    action: {
      fr: `${examine.fr} Le service ne rend pas cet objet ; établir qui détient la sauvegarde, puis effacer ces lignes.`,
      en: `${examine.en} The service gives nothing of this object out; establish who holds the backup, then delete these rows.`,
    },
  },
  'unjournalled-object': {
    sentence: (told) => ({
      fr: `${told.subject} : un objet figure dans le coffre sans que le journal en atteste le dépôt (${told.found}).`,
      en: `${told.subject}: an object is in the vault whose deposit the journal doesn’t witness (${told.found}).`,
    }),
    cause: always({
      fr: 'Objet fabriqué directement dans la base, ou trace de son dépôt effacée.',
      en: 'An object fabricated straight in the database, or the trace of its deposit deleted.',
    }),
    action: {
      fr: `${examine.fr} Un tel objet ne prouve rien.`,
      en: `${examine.en} Such an object proves nothing.`,
    },
  },
}
