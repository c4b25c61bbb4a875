import { findingPhrases, phrasebook, type Phrase } from '@probant/evidence'
import type { Words } from '@probant/web'

/** What this centre says of both sides, beside what the verification of a journal says. */
const ownPhrases: readonly Phrase[] = [
  ['the trace stored before, SHA-256 {}', 'la trace conservée auparavant, SHA-256 {}'],
  ['the trace shipped before, SHA-256 {}', 'la trace expédiée auparavant, SHA-256 {}'],
  ['a trace with SHA-256 {}', 'une trace de SHA-256 {}'],
  ['no trace', 'aucune trace'],
  ['traces {} to {} once more, as asked', 'de nouveau les traces {} à {}, comme demandé'],
  ['not shipped again', 'pas expédiées de nouveau'],
  ['a segment within the limits of its format', 'un segment dans les limites de son format'],
  [
    'the checkpoint of size {} shipped before',
    'le point de contrôle de {} traces expédié auparavant',
  ],
  ['another text', 'un autre texte'],
  ['a checkpoint signed by the enrolled key', 'un point de contrôle signé par la clé enrôlée'],
  ['a checkpoint', 'un point de contrôle'],
  ['the journal key {}', 'la clé du journal {}'],
  ['a store and journal that recompute', 'un stock et un journal que le recalcul confirme'],
  ['an alteration that it does not name', 'une altération qu’il ne désigne pas'],
  [
    'a seal certificate that is renewed before its end',
    'un certificat de cachet renouvelé avant sa fin',
  ],
  ['it expired at {}', 'il a expiré le {}'],
  ['it expires at {}, in less than {} days', 'il expire le {}, dans moins de {} jours'],
  ['at least {} traces, as witnessed', 'au moins {} traces, comme attesté'],
  ['traces up to {}, as witnessed', 'des traces jusqu’à {}, comme attesté'],
  ['none from {} to {}', 'aucune de {} à {}'],
  ['none from {} on', 'aucune à partir de {}'],
  [
    'a history that contains the {} traces witnessed',
    'une histoire qui contient les {} traces attestées',
  ],
  [
    'a history of {} traces without a proof of it',
    'une histoire de {} traces sans preuve qu’elle les contient',
  ],
  [
    'the root {} at size {}, as signed and cosigned before',
    'la racine {} à la taille {}, comme signé et contresigné auparavant',
  ],
  ['the root {} at size {}', 'la racine {} à la taille {}'],
  ['the root {}', 'la racine {}'],
  ['traces whose root at that size is {}', 'des traces dont la racine à cette taille est {}'],
  ['a head every {} s', 'une tête toutes les {} s'],
  ['acts that are journalled', 'des actes journalisés'],
  ['the vault service does not answer', 'le service du coffre ne répond pas'],
  ['the database does not answer', 'la base de données ne répond pas'],
  ['the journal key does not sign', 'la clé du journal ne signe pas'],
  ['the journal key does not sign: {}', 'la clé du journal ne signe pas : {}'],
  [
    'the journal key gave a signature that does not verify',
    'la clé du journal a donné une signature qui ne se vérifie pas',
  ],
  ['none since {}', 'aucune depuis {}'],
  ['about {}', 'environ {}'],
  ['before {}', 'avant {}'],
  ['on {}', 'le {}'],
  ['{} traces, the last shipment never', '{} traces, jamais d’expédition'],
  ['{} traces, the last shipment on {}', '{} traces, la dernière expédition le {}'],
  [
    '{} traces, as witnessed when the window opened',
    '{} traces, comme attesté à l’ouverture de la plage',
  ],
  ['a shipment since {}', 'une expédition depuis {}'],
  ['a centre that watches', 'un centre qui veille'],
  ['nobody from {} to {}', 'personne de {} à {}'],
  ['origin {}', 'origine {}'],
]

const french = phrasebook([...ownPhrases, ...findingPhrases])

/** One side of a finding in both languages; a bare fact is the same in both. */
export function sideInWords(text: string): Words {
  return { fr: french(text) ?? text, en: text }
}
