/** What an attestation says, in one language. Plain words: those who read it are no engineers. */
export interface AttestationWords {
  readonly language: 'fr' | 'en'
  readonly title: string
  readonly lead: string
  readonly caution: string
  readonly document: string
  readonly untitled: string
  readonly name: string
  readonly size: (bytes: string) => string
  readonly format: string
  readonly fingerprint: (algorithm: string) => string
  readonly place: string
  readonly box: string
  readonly vault: string
  readonly object: string
  readonly depositor: string
  readonly erased: string
  readonly when: string
  readonly received: string
  readonly sealed: string
  readonly witnessed: (name: string) => string
  readonly notWitnessed: string
  readonly dated: string
  readonly history: string
  readonly historyLead: (journal: string, size: string) => string
  readonly timeline: (count: string, first: string, last: string) => string
  readonly columns: readonly [string, string, string, string]
  readonly more: (count: string) => string
  readonly acts: Readonly<Record<string, string>>
  readonly outcomes: Readonly<Record<string, string>>
  readonly verify: string
  readonly steps: readonly string[]
  readonly code: string
  readonly codeLead: string
  readonly codeAlt: string
  readonly page: (n: number, of: number) => string
  /** A time in UTC, to the second. */
  readonly time: (iso: string) => string
  readonly number: (value: number) => string
}

const grouped = (value: number, separator: string) =>
  String(value).replace(/\B(?=(?:\d{3})+$)/g, separator)

export const french: AttestationWords = {
  language: 'fr',
  title: 'Attestation de conservation',
  lead: 'Le coffre-fort numérique désigné ci-dessous déclare conserver ce document depuis la date indiquée, scellé : le moindre changement se verrait.',
  caution:
    'Cette page est le récit du coffre lui-même : elle ne prouve rien à elle seule. La preuve est dans les autres fichiers du dossier ; seul compte ce qu’en dit leur vérification, à la portée de tous (voir « Comment vérifier »).',
  document: 'Le document',
  untitled: 'non communiqué',
  name: 'Titre',
  size: (bytes) => `${bytes} octets`,
  format: 'Format',
  fingerprint: (algorithm) => `Empreinte ${algorithm}`,
  place: 'Où il est conservé',
  box: 'Boîtier',
  vault: 'Coffre',
  object: 'Identifiant',
  depositor: 'Déposé par',
  erased: 'non communiqué',
  when: 'Depuis quand, et devant qui',
  received: 'Reçu par le coffre',
  sealed: 'Horodaté et scellé',
  witnessed: (name) => `Contresigné par ${name}`,
  notWitnessed: 'Aucun témoin n’a encore contresigné le journal du coffre.',
  dated: 'Daté par un tiers',
  history: 'Ce qui lui est arrivé',
  historyLead: (journal, size) =>
    `Tous les actes concernant ce document, d’après les ${size} premières lignes du journal ${journal}. Aucune ne peut être ôtée ou changée sans que cela se voie.`,
  timeline: (count, first, last) => `Frise du ${first} au ${last} ; nombre d’actes : ${count}.`,
  columns: ['N°', 'Date (UTC)', 'Acte', 'Résultat'],
  more: (count) => `… et d’autres actes, dans le dossier « traces » ; leur nombre : ${count}.`,
  acts: {
    deposit: 'Dépôt au coffre',
    read: 'Lecture du document',
    'read-metadata': 'Lecture de la fiche',
    'integrity-check': 'Contrôle d’intégrité',
    'read-journal': 'Lecture du journal',
    proof: 'Remise d’un dossier de preuve',
    comparison: 'Comparaison avec un fichier',
    destroy: 'Destruction',
    restitution: 'Restitution',
    access: 'Tentative d’accès',
  },
  outcomes: { done: 'fait', refused: 'refusé', failed: 'échoué' },
  verify: 'Comment vérifier',
  steps: [
    'Gardez le dossier zip tel que vous l’avez reçu, et n’ouvrez qu’une copie.',
    'Procurez-vous, ailleurs que dans ce dossier, le vérificateur de Probant (la commande ou la page probant-verify.html) et les clés du coffre, du témoin et des autorités : l’installateur, le centre de supervision et les autorités les publient.',
    'Donnez au vérificateur le dossier, le document et ces clés, sans réseau. Il répond : valide, invalide (quoi, où, depuis quand) ou impossible de conclure (ce qui manque).',
    'Sans ce logiciel : le fichier README.txt du dossier décrit les mêmes étapes avec openssl et sha256sum.',
  ],
  code: 'Pour comparer',
  codeLead:
    'Ce code contient l’identifiant, la date de réception et les empreintes ci-dessus. Il ne renvoie à aucun site : comparez-le à ce que dit le vérificateur.',
  codeAlt: 'Code QR : identifiants, date de réception et empreintes, comme écrits sur cette page.',
  page: (n, of) => `Page ${n} sur ${of}`,
  time: (iso) =>
    `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(0, 4)} à ${iso.slice(11, 19)} UTC`,
  number: (value) => grouped(value, '\u00a0'),
}

export const english: AttestationWords = {
  language: 'en',
  title: 'Attestation of preservation',
  lead: 'The digital vault named below declares that it has kept this document since the date stated, sealed: the slightest change would show.',
  caution:
    'This page is the vault’s own account: it proves nothing by itself. The proof is in the other files of the bundle; what counts is what verifying them says, which anybody can do (see “How to verify”).',
  document: 'The document',
  untitled: 'not disclosed',
  name: 'Title',
  size: (bytes) => `${bytes} bytes`,
  format: 'Format',
  fingerprint: (algorithm) => `${algorithm} fingerprint`,
  place: 'Where it is kept',
  box: 'Box',
  vault: 'Vault',
  object: 'Identifier',
  depositor: 'Deposited by',
  erased: 'not disclosed',
  when: 'Since when, and before whom',
  received: 'Received by the vault',
  sealed: 'Time-stamped and sealed',
  witnessed: (name) => `Countersigned by ${name}`,
  notWitnessed: 'No witness has countersigned the vault’s journal yet.',
  dated: 'Dated by an outside party',
  history: 'What happened to it',
  historyLead: (journal, size) =>
    `Every act that concerns this document, by the first ${size} lines of the journal ${journal}. None can be taken out or changed without that showing.`,
  timeline: (count, first, last) => `Timeline from ${first} to ${last}; number of acts: ${count}.`,
  columns: ['No.', 'Date (UTC)', 'Act', 'Outcome'],
  more: (count) => `… and other acts, in the folder “traces”; their number: ${count}.`,
  acts: {
    deposit: 'Deposit',
    read: 'Document read',
    'read-metadata': 'Details read',
    'integrity-check': 'Integrity check',
    'read-journal': 'Journal read',
    proof: 'Evidence bundle handed out',
    comparison: 'Comparison with a file',
    destroy: 'Destruction',
    restitution: 'Restitution',
    access: 'Attempted access',
  },
  outcomes: { done: 'done', refused: 'refused', failed: 'failed' },
  verify: 'How to verify',
  steps: [
    'Keep the zip as you received it, and open a copy only.',
    'Get, from elsewhere than this bundle, Probant’s verifier (the command or the page probant-verify.html) and the keys of the vault, the witness and the authorities: the installer, the supervision centre and the authorities publish them.',
    'Give the verifier the bundle, the document and those keys, without a network. It answers: valid, invalid (what, where, since when) or can’t tell (what is missing).',
    'Without that software: the file README.txt in the bundle describes the same steps with openssl and sha256sum.',
  ],
  code: 'To compare',
  codeLead:
    'This code holds the identifier, the date of reception and the fingerprints above. It leads to no site: compare it with what the verifier says.',
  codeAlt: 'QR code: identifiers, date of reception and fingerprints, as written on this page.',
  page: (n, of) => `Page ${n} of ${of}`,
  time: (iso) => `${iso.slice(0, 10)} at ${iso.slice(11, 19)} UTC`,
  number: (value) => grouped(value, ','),
}
