import { dictionary } from '@probant/web/browser'

const acts = dictionary(
  {
    deposit: 'Dépôt',
    read: 'Lecture',
    'read-metadata': 'Lecture de la fiche',
    list: 'Liste',
    count: 'Comptage',
    inventory: 'Inventaire',
    'integrity-check': 'Contrôle d’intégrité',
    comparison: 'Comparaison',
    'read-journal': 'Lecture du journal',
    proof: 'Dossier de preuve remis',
    destroy: 'Destruction',
    restitution: 'Restitution',
    'retention-class-created': 'Classe de conservation créée',
    'retention-class-lengthened': 'Classe de conservation allongée',
    'vault-retention-changed': 'Classe de conservation du coffre',
    'retention-started': 'Événement de départ de la conservation',
    'hold-placed': 'Gel juridique posé',
    'hold-lifted': 'Gel juridique levé',
    'object-moved': 'Changement de dossier',
    'folder-created': 'Dossier créé',
    'folder-changed': 'Dossier renommé ou déplacé',
    access: 'Tentative d’accès',
  },
  {
    deposit: 'Deposit',
    read: 'Read',
    'read-metadata': 'Details read',
    list: 'List',
    count: 'Count',
    inventory: 'Inventory',
    'integrity-check': 'Integrity check',
    comparison: 'Comparison',
    'read-journal': 'Journal read',
    proof: 'Evidence bundle handed out',
    destroy: 'Destruction',
    restitution: 'Restitution',
    'retention-class-created': 'Retention class created',
    'retention-class-lengthened': 'Retention class lengthened',
    'vault-retention-changed': 'Retention class of the vault',
    'retention-started': 'Start event of the retention',
    'hold-placed': 'Legal hold placed',
    'hold-lifted': 'Legal hold lifted',
    'object-moved': 'Moved to a folder',
    'folder-created': 'Folder created',
    'folder-changed': 'Folder renamed or moved',
    access: 'Attempted access',
  },
)

const outcomes = dictionary(
  { done: 'Fait', refused: 'Refusé', failed: 'Échoué' },
  { done: 'Done', refused: 'Refused', failed: 'Failed' },
)

const steps = dictionary(
  {
    digests: 'calcul des empreintes',
    timestamp: 'horodatage',
    proof: 'préparation et signature de la preuve',
    file: 'écriture du fichier',
    commit: 'inscription au journal',
  },
  {
    digests: 'computing the fingerprints',
    timestamp: 'timestamping',
    proof: 'preparing and signing the proof',
    file: 'writing the file',
    commit: 'recording in the journal',
  },
)

/** The name of an act in words; a newer act than this page is shown by its code. */
export function actName(act: string): string {
  return named(acts(), act)
}

export function outcomeName(outcome: string): string {
  return named(outcomes(), outcome)
}

/** The step of a deposit at which it failed, in words. */
export function stepName(step: string): string {
  return named(steps(), step)
}

function named(names: Readonly<Record<string, string>>, code: string): string {
  return new Map(Object.entries(names)).get(code) ?? code
}
