import { findingPhrases, phrasebook } from '@probant/evidence'
import type { Words } from './words.ts'

const side = phrasebook(findingPhrases)

export const french: Words = {
  answer: {
    valid: 'VALIDE',
    invalid: 'INVALIDE',
    unusable: 'ENTRÉE INUTILISABLE',
    'cannot-tell': 'IMPOSSIBLE DE CONCLURE',
  },
  headings: {
    checks: 'Ce qui a été vérifié',
    facts: 'Ce que montre le dossier de preuve',
    notProved: 'Ce qu’il ne prouve pas',
    answer: 'Réponse',
  },
  status: { valid: 'bon', invalid: 'INVALIDE', 'cannot-tell': 'indécidable' },
  check: {
    entries: 'entrées : connues, uniques, énumérées',
    'entry-digests': 'empreinte de chaque entrée',
    manifest: 'manifeste conforme à la preuve d’archivage',
    statement: 'déclaration : complète et cohérente',
    box: 'le boîtier est l’un de ceux donnés',
    documents: 'documents : SHA-256, SHA3-256, taille',
    'lat-tree': 'preuve d’archivage : chemin vers la racine du lot',
    'lat-token': 'preuve d’archivage : jeton d’horodatage et son autorité',
    'lat-signature': 'preuve d’archivage : signature du boîtier',
    'lat-seal': 'preuve d’archivage : cachet du certificat du client',
    openings: 'ouvertures du déposant et des métadonnées',
    'deposit-trace': 'la trace du dépôt désigne cette preuve d’archivage',
    inclusion: 'traces sous le point de contrôle',
    checkpoint: 'signature du point de contrôle par le journal',
    cosignatures: 'contre-seings de témoins',
    'audit-receipt': 'reçu d’audit du centre de supervision',
    dating: 'horodatage du journal par une autorité extérieure',
    renewal: 'enregistrements de preuve qui ont renouvelé les horodatages extérieurs',
    blocks: 'extensions (blocs)',
    'verify-script': 'verify.sh est bien celui publié',
    algorithms: 'ce qui repose sur des algorithmes retirés a été daté avant',
    destruction: 'le journal énonce la destruction de cet objet, et son motif',
  },
  missing: {
    entries: 'un format de dossier plus récent',
    'entry-digests': 'une entrée',
    manifest: 'un format de preuve d’archivage plus récent',
    statement: 'un format de déclaration plus récent',
    box: 'box.txt parmi les ancres',
    documents: 'les documents',
    'lat-tree': 'l’arbre',
    'lat-token':
      'une racine de l’autorité d’horodatage (tsa.pem, ou outside-tsa.pem si elle est extérieure), ou un moyen de vérifier celle-ci',
    'lat-signature': 'la clé LAT du boîtier (lat.pem)',
    'lat-seal':
      'une racine de l’autorité du certificat de cachet (seal.pem), ou un moyen de le vérifier',
    openings: 'des ouvertures',
    'deposit-trace': 'l’ouverture de la trace du dépôt, qui a été effacée',
    inclusion: 'un format de trace plus récent',
    checkpoint: 'la clé du journal pour cette origine (journal.vkeys)',
    cosignatures:
      'les contre-seings d’autant de témoins qu’il en est exigé, un au moins, dont les clés sont données (witness.vkeys)',
    'audit-receipt': 'un reçu d’audit sous une clé donnée (audit.vkeys)',
    dating:
      'une racine de l’autorité extérieure (outside-tsa.pem), un renouvellement à temps, ou un moyen de vérifier son jeton',
    renewal:
      'un renouvellement à temps, une racine de son autorité (outside-tsa.pem), ou un moyen de le vérifier',
    blocks: 'un moyen de vérifier une extension critique',
    'verify-script': 'l’empreinte du verify.sh publié (release.sha256)',
    destruction: 'le motif, qui a été effacé',
    algorithms: 'une preuve antérieure qui ne repose pas sur les algorithmes retirés',
  },
  notProved: {
    'document-not-compared':
      'que vous tenez le document : il n’est pas dans le dossier et n’a pas été donné (--document)',
    'no-witness':
      'qu’un autre que le boîtier a vu ce journal : aucun contre-seing d’un témoin donné',
    'time-is-the-boxes-claim':
      'l’heure de réception vue du dehors : c’est le boîtier qui l’affirme, un témoin ou une autorité extérieure seulement qu’elle n’est pas postérieure à ce qu’ils ont signé',
    'seal-not-checked':
      'que le cachet est bien de qui il nomme : son autorité n’a pas été donnée, ou il n’a pas pu être vérifié',
    'audit-root-not-compared':
      'que le reçu d’audit porte sur le même contenu du journal : sa taille diffère, sa racine n’a donc pas été comparée',
    'blocks-not-checked': 'ce que disent des extensions que cette version ne vérifie pas',
    'blocks-ignored': 'ce que disent des extensions inconnues',
    'script-not-published': 'que le verify.sh du dossier est celui publié : ne vous y fiez pas',
    'later-acts-rest-on-retired':
      'que les actes postérieurs au dépôt sont au journal : cela repose sur un algorithme retiré',
    'attestation-is-the-boxes-word':
      'ce que disent attestation.fr.pdf et attestation.en.pdf : c’est le récit du boîtier',
    'revocation-not-checked':
      'qu’aucun certificat de l’autorité d’horodatage ou d’un cachet n’avait été révoqué',
    'who-the-depositor-is': 'quelle personne est derrière l’identifiant du déposant',
    'truth-of-the-content': 'que ce que dit le document est vrai',
    'what-happened-later': 'ce qui s’est passé après le point de contrôle',
    'copies-elsewhere':
      'que personne n’a gardé de copie : ce qui a été lu avant reste à qui l’a lu, et une sauvegarde des clés s’ouvre jusqu’à la date indiquée',
    completeness: 'que la sélection est complète : personne n’a signé la liste d’un recueil',
    omissions: 'ce qui est dit manquant : c’est l’affirmation du boîtier',
  },
  fact: {
    document: (n, size, type) => `${n} : ${size} octets, ${type}`,
    compared: {
      bundle: 'comparé à la copie du dossier',
      given: 'comparé au fichier donné',
      none: 'NON COMPARÉ : ni dans le dossier, ni donné',
    },
    receivedAt: (time) => `reçu le ${time} (affirmation du boîtier)`,
    token: (time, authority, isIndependent) =>
      `horodaté le ${time} par ${authority} (${isIndependent ? 'indépendant du boîtier' : 'aussi indépendant que cette autorité l’est du boîtier'})`,
    sealed: {
      valid: (subject, issuer) => `cachet de ${subject}, certifié par ${issuer}`,
      invalid: (subject, issuer) => `cachet au nom de ${subject} (de ${issuer}) : NON VALABLE`,
      'cannot-tell': (subject, issuer) =>
        `cachet au nom de ${subject} (de ${issuer}) : NON VÉRIFIÉ, cette autorité n’a pas été donnée ou n’est pas vérifiable`,
    },
    witnessed: (time, name, algorithm) =>
      `vu le ${time} par le témoin ${name}, ${algorithm} (indépendant du boîtier)`,
    dated: {
      valid: (time, authority) =>
        `daté du ${time} par ${authority} : tout ceci existait alors (indépendant du boîtier)`,
      invalid: (time, authority) => `horodatage du ${time} au nom de ${authority} : NON VALABLE`,
      'cannot-tell': (time, authority) =>
        `horodatage du ${time} au nom de ${authority} : NON ÉTABLI, voir la vérification ci-dessus`,
    },
    renewed: {
      first: (time, authority, algorithms) =>
        `  par l’horodatage du ${time}, ${authority} (${algorithms})`,
      'time-stamp-renewal': (time, authority, algorithms) =>
        `  renouvelé le ${time} par ${authority} (${algorithms})`,
      'hash-tree-renewal': (time, authority, algorithms) =>
        `  renouvelé avec de nouvelles empreintes le ${time} par ${authority} (${algorithms})`,
    },
    holdsUntil: (time) =>
      `  vaut jusqu’au ${time}, fin du chemin de certification de cette autorité`,
    datedBySha3: '  cela ne repose pas sur SHA-256 : le dépôt mène au sceau horodaté par SHA3-256',
    ended: {
      token: (name, end, isDatedBefore) =>
        `le certificat de ${name}, qui a horodaté la preuve d’archivage, a pris fin le ${end} : ${isDatedBefore ? 'une autorité extérieure établit que l’horodatage existait avant' : 'seul le boîtier affirme que l’horodatage existait avant'}`,
      seal: (name, end, isDatedBefore) =>
        `le certificat de cachet de ${name} a pris fin le ${end} : ${isDatedBefore ? 'une autorité extérieure établit que le cachet existait avant' : 'seul le boîtier affirme que le cachet existait avant'}`,
    },
    judgedAt: (time) => `jugé à la date du ${time}`,
    notRevoked: {
      checked: '  ses certificats n’étaient pas révoqués',
      unchecked: '  une éventuelle révocation de ses certificats n’a pas été vérifiée',
    },
    audited: (time, name, size) =>
      `traces 0 à ${size - 1} conservées et recalculées par ${name} le ${time} (indépendant du boîtier)`,
    state: {
      accepted: 'état : accepté (signé par le boîtier, vu par aucun témoin donné)',
      witnessed: 'état : attesté par un témoin',
      dated: 'état : daté par un tiers',
    },
    destroyed: (seq, time) => `détruit le ${time}, trace ${seq} (heure affirmée par le boîtier)`,
    reason: (reason) => (reason === null ? 'motif : effacé' : `motif : ${reason}`),
    lastCopy: (time) =>
      time === null
        ? 'expiration de la dernière copie de sa clé : non indiquée'
        : `la dernière copie de sa clé dans une sauvegarde de la base expire le ${time}, comme prévu`,
    place: (box, vault, object) => `boîtier ${box}, coffre ${vault}, objet ${object}`,
    depositor: (id) => (id === null ? 'déposant : effacé' : `déposant : ${id}`),
    journal: (origin, size) => `journal ${origin}, point de contrôle de ${size} traces`,
    act: (seq, act, outcome, time) => `trace ${seq} : ${act}, ${outcome}, ${time}`,
  },
  collection: {
    check: {
      'collection-entries': 'le recueil : entrées connues, uniques, énumérées',
      'collection-digests': 'le recueil : empreinte de chaque dossier',
      'collection-objects': 'chaque dossier pour lui-même, celui de l’objet dont il porte le nom',
      'collection-document': 'le fichier donné est l’un des documents',
    },
    objects: 'Les dossiers',
    received: (time, state) =>
      `reçu le ${time}, ${{ accepted: 'accepté', witnessed: 'contresigné', dated: 'daté' }[state]}`,
    isGiven: '(le fichier donné)',
    account: {
      vault: (box, vault, size) =>
        `boîtier ${box}, coffre ${vault} : tous les objets déposés dans les ${size} premières traces, selon le boîtier`,
      objects: (box, vault, size) =>
        `boîtier ${box}, coffre ${vault} : une sélection, faite quand le journal avait ${size} traces, selon le boîtier`,
    },
    omitted: {
      bundle: {
        gone: (object) => `ABSENT : ${object}, qui n’est plus dans le coffre`,
        altered: (object) => `ABSENT : ${object}, ce que le boîtier en conserve a été altéré`,
      },
      document: {
        gone: (object) => `SANS SON DOCUMENT : ${object}, dont le fichier conservé a disparu`,
        altered: (object) => `SANS SON DOCUMENT : ${object}, dont le fichier conservé a été altéré`,
      },
    },
    summary: (counts) =>
      `dossiers : ${counts.valid} valides, ${counts.invalid} invalides, ${counts['cannot-tell']} sans conclusion possible`,
  },
  colon: ' : ',
  reason: {
    'bad-listing': 'les entrées ne sont pas celles que le manifeste énumère',
    'unknown-entry': 'une entrée qu’aucun dossier de preuve ne contient',
    'duplicate-entry': 'une entrée présente deux fois',
    'too-large': 'une entrée trop grande',
    'altered-entry': 'une entrée n’est pas celle que le manifeste énumère',
    'bad-manifest': 'le manifeste ou une entrée contredit la preuve d’archivage',
    'altered-document': 'le document n’est pas celui qui a été archivé',
    'bad-renewal': 'un renouvellement ne porte pas sur ce qu’il renouvelle',
    'not-in-record': 'l’enregistrement de preuve porte sur autre chose',
    'wrong-order': 'un renouvellement précède ce qu’il renouvelle',
    'bad-record': 'l’enregistrement de preuve n’annonce pas ses empreintes',
    'malformed-record': 'l’enregistrement de preuve est illisible',
    'bad-dating': 'l’horodatage extérieur ne porte pas sur ce journal',
    revoked: 'un certificat de l’autorité était révoqué',
    'wrong-policy': 'le jeton relève d’une autre politique',
    'bad-opening': 'une ouverture ne correspond pas à son engagement',
    'bad-deposit-trace': 'la trace du dépôt ne désigne pas cette preuve d’archivage',
    'bad-trace': 'une trace n’est pas de cet objet ou de ce journal',
    'bad-proof': 'une preuve d’inclusion est celle d’une autre trace',
    'not-included': 'une trace n’est pas sous le point de contrôle',
    'bad-cosignature': 'le contre-seing d’un témoin connu est invalide',
    'bad-audit-receipt': 'le reçu d’audit n’est pas celui de ce journal',
    'wrong-box': 'le boîtier n’est aucun de ceux donnés',
    'wrong-key': 'la signature n’est pas d’une clé donnée',
    'bad-signature': 'une signature est invalide',
    'bad-path': 'le chemin dans l’arbre ne correspond pas à sa position',
    'bad-statement': 'les empreintes de l’objet ne sont pas celles de ses fichiers',
    'wrong-imprint': 'le jeton d’horodatage porte sur une autre empreinte',
    'bad-attributes': 'la signature du jeton ne désigne pas ce contenu ou ce certificat',
    expired: 'le certificat de l’autorité avait expiré à l’heure du jeton',
    'not-yet-valid': 'le certificat de l’autorité n’était pas encore valide à l’heure du jeton',
    'untrusted-authority': 'l’autorité d’horodatage ne mène à aucune racine donnée',
    'wrong-purpose': 'le certificat n’est pas destiné au seul horodatage',
    'not-an-authority': 'un certificat de la chaîne n’est pas celui d’une autorité',
    'path-too-long': 'la chaîne de certificats est trop longue',
    'malformed-bundle': 'une entrée est illisible',
    'script-not-published': 'verify.sh n’est pas celui publié',
    'other-object': 'c’est le dossier d’un autre objet, coffre ou boîtier',
  },
  where: 'où',
  since: 'depuis',
  missingWord: 'manque',
  detail: 'détail',
  blocks: 'extensions',
  journal: {
    covered: (origin, from, to) => `journal ${origin}, traces ${from} à ${to}`,
    beginningMissing: (start) =>
      `ce qui précède la trace ${start} n’est pas couvert : aucun segment donné ne le contient`,
    signed: (size) => `point de contrôle de ${size} traces, signé par le journal`,
    witnessed: (size, name, time) =>
      `point de contrôle de ${size} traces, contresigné par ${name} le ${time}`,
    notWitnessed: 'aucun contre-seing d’un témoin donné',
    first: (seq) => `première trace en défaut : ${seq}`,
    expected: 'attendu',
    found: 'trouvé',
    side: (text) => side(text) ?? text,
    kind: {
      gap: 'des traces manquent',
      'altered-trace': 'une trace a été altérée',
      'broken-chain': 'la chaîne est rompue',
      reordered: 'des traces ne sont pas dans leur ordre',
      duplicated: 'une trace est là deux fois',
      truncated: 'les traces les plus récentes manquent',
      'bad-checkpoint-signature': 'la signature du point de contrôle est invalide',
      'wrong-key': 'le point de contrôle n’est pas signé par une clé donnée',
      'wrong-box': 'cela appartient à un autre journal',
      'clock-regression': 'le temps a reculé',
      'missing-seal': 'il manque un scellement',
      'format-downgrade': 'un format que cette version ne connaît pas, ou qui n’a jamais existé',
      oversized: 'une trace est trop grande',
    },
    unreadable: (file, why) => `${file} n’est pas un segment de journal : ${why}`,
  },
}
