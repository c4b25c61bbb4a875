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
  ['a quote by the enrolled key {}', 'une attestation par la clé enrôlée {}'],
  ['a key that is no attestation key', 'une clé qui n’est pas d’attestation'],
  ['a quote by the key {} of another TPM', 'une attestation par la clé {} d’une autre puce TPM'],
  ['a signature of no key presented', 'une signature d’aucune clé présentée'],
  ['a signature that does not hold', 'une signature non valable'],
  ['a quote', 'une attestation'],
  ['another statement of the TPM', 'une autre déclaration de la puce TPM'],
  ['the nonce {}', 'le nonce {}'],
  ['the registers {}', 'les registres {}'],
  ['values with the digest {}, as quoted', 'des valeurs d’empreinte {}, comme attesté'],
  ['values with the digest {}', 'des valeurs d’empreinte {}'],
  ['an event log that can be read', 'un journal d’événements lisible'],
  ['an event log that can’t: {}', 'un journal d’événements illisible : {}'],
  [
    'an event log that gives register {} {}, as quoted',
    'un journal d’événements qui donne au registre {} {}, comme attesté',
  ],
  ['an event log that gives register {} {}', 'un journal d’événements qui donne au registre {} {}'],
  ['an event log, as before', 'un journal d’événements, comme auparavant'],
  ['an event log that is {}', 'un journal d’événements : {}'],
  ['a quote with each shipment', 'une attestation à chaque expédition'],
  ['none with the shipment of {}', 'aucune avec l’expédition du {}'],
  [
    'values that a signed file or two operators vouch for',
    'des valeurs dont répondent un fichier signé ou deux opérateurs',
  ],
  ['as {} states: {}', 'selon {} : {}'],
  ['at reset {}: {}', 'au démarrage {} : {}'],
  [
    'TPM counts of at least reset {}, restart {}',
    'compteurs du TPM d’au moins démarrage {}, reprise {}',
  ],
  ['reset {}, restart {}', 'démarrage {}, reprise {}'],
  ['a TPM clock of at least {} ms', 'une horloge du TPM d’au moins {} ms'],
  ['{} ms', '{} ms'],
]

const french = phrasebook([...ownPhrases, ...findingPhrases])

/** One side of a finding in both languages; a bare fact is the same in both. */
export function sideInWords(text: string): Words {
  return { fr: french(text) ?? text, en: text }
}
