/** What an inventory says beside what is kept. */
export interface InventoryWords {
  readonly language: 'fr' | 'en'
  readonly title: string
  readonly head: (vault: string, time: string, journalSize: number) => string
  readonly columns: readonly string[]
  readonly describedColumns: readonly string[]
  readonly page: (number: number) => string
  readonly files: (count: number) => string
  readonly bytes: (count: number) => string
  readonly state: Readonly<Record<'accepted' | 'witnessed' | 'dated', string>>
}

const french: InventoryWords = {
  language: 'fr',
  title: 'Inventaire du coffre',
  head: (vault, time, journalSize) =>
    `Coffre ${vault}. Établi le ${time} (heure du boîtier), sur les ${journalSize} premières traces du journal.`,
  columns: [
    'identifiant',
    'déposé le',
    'déposant',
    'taille (octets)',
    'fichiers',
    'type',
    'SHA-256',
    'SHA3-256',
    'état',
  ],
  describedColumns: ['titre', 'noms des fichiers', 'dossier', 'champs'],
  page: (number) => `page ${number}`,
  files: (count) => (count === 1 ? '1 fichier' : `${count} fichiers`),
  bytes: (count) => `${count} octets`,
  state: { accepted: 'accepté', witnessed: 'contresigné', dated: 'daté' },
}

const english: InventoryWords = {
  language: 'en',
  title: 'Inventory of the vault',
  head: (vault, time, journalSize) =>
    `Vault ${vault}. Drawn up at ${time} (the box’s clock), over the journal’s first ${journalSize} traces.`,
  columns: [
    'identifier',
    'deposited at',
    'depositor',
    'size (bytes)',
    'files',
    'type',
    'SHA-256',
    'SHA3-256',
    'state',
  ],
  describedColumns: ['title', 'file names', 'folder', 'fields'],
  page: (number) => `page ${number}`,
  files: (count) => (count === 1 ? '1 file' : `${count} files`),
  bytes: (count) => `${count} bytes`,
  state: { accepted: 'accepted', witnessed: 'witnessed', dated: 'dated' },
}

export const inventoryWords = (language: 'fr' | 'en'): InventoryWords =>
  language === 'fr' ? french : english
