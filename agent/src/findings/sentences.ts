/** What the box itself can find out about its journal or its centre; kinds of the interfaces document. */
export const LOCAL_KINDS = [
  'supervisor-rollback',
  'supervisor-equivocation',
  'wrong-key',
  'bad-checkpoint-signature',
  'tiles-altered',
  'truncated',
  'rollback',
  'gap',
  'fork',
  'missing-shipment',
] as const

export type LocalFindingKind = (typeof LOCAL_KINDS)[number]

/** One sentence for people, in both languages of the product. */
export interface Sentence {
  fr: string
  en: string
}

export const SENTENCES: Record<LocalFindingKind, Sentence> = {
  'supervisor-rollback': {
    fr: 'Le centre de supervision, ou un témoin, connaît moins que ce dont ce boîtier détient la preuve : il est revenu à un état antérieur.',
    en: 'The supervision centre, or a witness, knows less than this box holds proof of: it went back to an earlier state.',
  },
  'supervisor-equivocation': {
    fr: 'Le centre de supervision atteste ce qui ne peut être vrai ensemble : une autre histoire, ou un autre journal que celui que ce boîtier lui a expédié.',
    en: 'The supervision centre vouches for what can’t both be true: another history, or another journal than the one that this box shipped.',
  },
  'wrong-key': {
    fr: "Ce qui répond à l'adresse du centre de supervision n'a pas la clé attendue.",
    en: "What answers at the supervision centre's address doesn't have the expected key.",
  },
  'bad-checkpoint-signature': {
    fr: 'Une signature reçue du centre de supervision, ou d’un témoin, n’est pas valable.',
    en: 'A signature received from the supervision centre, or from a witness, is not valid.',
  },
  'tiles-altered': {
    fr: "Les nœuds d'arbre mis en cache ne correspondent pas aux traces ; la preuve a été recalculée.",
    en: 'The cached tree nodes do not match the traces; the proof was computed anew.',
  },
  truncated: {
    fr: 'Le journal de ce boîtier est plus court que ce que le centre de supervision, ou un témoin, en a vu ; des traces récentes manquent.',
    en: "This box's journal is shorter than what the supervision centre, or a witness, saw of it; recent traces are missing.",
  },
  rollback: {
    fr: 'La base de ce boîtier est revenue à un état antérieur à ce que le centre de supervision, ou un témoin, a vu.',
    en: "This box's database is back in a state older than what the supervision centre, or a witness, saw.",
  },
  fork: {
    fr: 'Un témoin a vu, sous le nom et la signature de ce journal, une autre histoire que celle de ce boîtier.',
    en: "A witness saw, under this journal's name and signature, another history than this box's.",
  },
  'missing-shipment': {
    fr: 'Une nuit a passé sans reçu du centre de supervision : rien ne montre qu’il conserve les traces récentes de ce boîtier.',
    en: 'A night has passed without a receipt from the supervision centre: nothing shows that it keeps the recent traces of this box.',
  },
  gap: {
    fr: 'Des traces couvertes par un point de contrôle signé manquent dans la base.',
    en: 'Traces that a signed checkpoint covers are missing from the database.',
  },
}
