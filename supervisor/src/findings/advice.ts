import type { Words } from '@probant/web'
import type { RaisedKind, Told } from './kinds.ts'

export interface Advice {
  sentence: (told: Told) => Words
  cause: (told: Told) => Words
  action: Words
}

/** Keep the machine as it is: what to do first whenever history may have been changed. */
const preserve: Words = {
  fr: 'Ne rien redémarrer ni restaurer. Copier les disques du boîtier, puis comparer les deux versions conservées au centre. Si une restauration a eu lieu, la déclarer.',
  en: 'Restart and restore nothing. Copy the disks of the box, then compare both versions kept at the centre. If there was a restore, declare it.',
}

const checkIdentity: Words = {
  fr: 'Vérifier sur place que la machine est bien celle qui a été enrôlée et que ses clés n’ont pas changé. Un changement voulu passe par un nouvel enrôlement.',
  en: 'Check on site that the machine is the one that was enrolled and that its keys are the same. A change that is wanted goes through a new enrolment.',
}

const checkClock: Words = {
  fr: 'Vérifier la synchronisation de l’heure (NTP) et la pile de l’horloge du boîtier.',
  en: 'Check time synchronisation (NTP) and the clock battery of the box.',
}

const altered: Words = {
  fr: 'Modification de la base de données du boîtier, ou panne de son disque.',
  en: 'A change of the box’s database, or a failing disk.',
}

const restored: Words = {
  fr: 'Disque ou base restaurés d’une copie plus ancienne sans déclaration, clone de la machine, ou effacement volontaire.',
  en: 'A disk or database restored from an older copy without a declaration, a clone of the machine, or a deliberate deletion.',
}

function at(seq: number | null): Words {
  return seq === null ? { fr: '', en: '' } : { fr: ` à la trace ${seq}`, en: ` at trace ${seq}` }
}

/** A sentence about a trace of the journal. */
function about(fr: string, en: string): (told: Told) => Words {
  return ({ subject, seq }) => ({
    fr: `${subject} : ${fr}${at(seq).fr}.`,
    en: `${subject}: ${en}${at(seq).en}.`,
  })
}

function always(words: Words): () => Words {
  return () => words
}

function text(told: Told, name: string): string {
  const value = told.circumstances[name]
  return value === undefined || value === null ? '?' : String(value)
}

/** Somebody with another key under the box's name explains a silence better than a cable. */
function silent(told: Told): Words {
  const refusedAt = told.circumstances['refusedKeyAt'] ?? null
  return refusedAt === null
    ? {
        fr: 'Coupure du réseau, boîtier ou agent arrêté, ou agent empêché de transmettre.',
        en: 'A network cut, the box or its agent stopped, or the agent kept from shipping.',
      }
    : {
        fr: `Une connexion au nom de ce boîtier avec une autre clé a été refusée le ${refusedAt} : clé de l’agent remplacée, ou machine qui se fait passer pour lui.`,
        en: `A connection in this box’s name with another key was refused on ${refusedAt}: the agent’s key was replaced, or a machine impersonates it.`,
      }
}

const checkNetwork: Words = {
  fr: 'Vérifier que le boîtier est en marche, que son agent tourne et que le réseau laisse passer la connexion SSH vers le centre ; puis lancer « probant agent ship --now ».',
  en: 'Check that the box is up, that its agent runs and that the network lets the SSH connection to the centre through; then run “probant agent ship --now”.',
}

/** What each kind of finding says, in the words of someone who has to act on it. */
export const advice: Readonly<Record<RaisedKind, Advice>> = {
  'missing-shipment': {
    sentence: (told) => ({
      fr: `${told.subject} : les traces attendues avant le ${text(told, 'dueAt')} ne sont pas arrivées (attendu ${told.expected}, reçu ${told.found}).`,
      en: `${told.subject}: the traces due before ${text(told, 'dueAt')} have not arrived (expected ${told.expected}, received ${told.found}).`,
    }),
    cause: silent,
    action: checkNetwork,
  },
  'late-shipment': {
    sentence: (told) => ({
      fr: `${told.subject} : les traces attendues avant le ${text(told, 'dueAt')} sont arrivées en retard, le ${text(told, 'arrivedAt')}.`,
      en: `${told.subject}: the traces due before ${text(told, 'dueAt')} arrived late, on ${text(told, 'arrivedAt')}.`,
    }),
    cause: always({
      fr: 'Coupure passagère du réseau ou du boîtier. Les traces sont complètes et vérifiées.',
      en: 'A passing cut of the network or of the box. The traces are complete and verified.',
    }),
    action: {
      fr: 'Rien d’urgent : comprendre la coupure, puis acquitter l’alerte.',
      en: 'Nothing urgent: understand the cut, then acknowledge the alert.',
    },
  },
  'journal-unwitnessed': {
    sentence: (told) => ({
      fr: `${told.subject} : aucune tête de journal depuis le ${text(told, 'lastHeadAt')} ; elles sont attendues toutes les ${text(told, 'everySeconds')} s.`,
      en: `${told.subject}: no head of the journal since ${text(told, 'lastHeadAt')}; one is expected every ${text(told, 'everySeconds')} s.`,
    }),
    cause: silent,
    action: checkNetwork,
  },
  'journalling-stopped': {
    sentence: (told) => ({
      fr: `${told.subject} : le boîtier ne journalise plus et refuse donc tout acte (${told.found}).`,
      en: `${told.subject}: the box journals no more and so refuses every act (${told.found}).`,
    }),
    cause: always({
      fr: 'Matériel de clés débranché, lent ou en panne, code PIN bloqué, base de données arrêtée, ou journal altéré.',
      en: 'Key hardware unplugged, slow or failing, a locked PIN, the database down, or an altered journal.',
    }),
    action: {
      fr: 'Sur le boîtier, lancer « probant box status », puis vérifier le matériel de clés et la base de données ; les dépôts refusés sont à refaire.',
      en: 'On the box, run “probant box status”, then check the key hardware and the database; deposits that were refused have to be made again.',
    },
  },
  'deposits-stopped': {
    sentence: (told) => ({
      fr: `${told.subject} : le boîtier ne peut plus prouver de dépôt et les refuse tous (${told.found}).`,
      en: `${told.subject}: the box can prove no deposit any more and refuses them all (${told.found}).`,
    }),
    cause: always({
      fr: 'Clé de preuve, d’horodatage ou de cachet absente, lente ou en panne ; matériel de clés débranché, code PIN bloqué, ou horloge hors de la validité du certificat d’horodatage.',
      en: 'The archive, time-stamping or seal key missing, slow or failing; key hardware unplugged, a locked PIN, or a clock outside the time-stamping certificate’s validity.',
    }),
    action: {
      fr: 'Sur le boîtier, lancer « probant box status », puis vérifier le matériel de clés ; les dépôts refusés sont à refaire. Le journal et la lecture ne sont pas touchés.',
      en: 'On the box, run “probant box status”, then check the key hardware; deposits that were refused have to be made again. Journal and reading are not affected.',
    },
  },
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
      fr: `${told.subject} : un envoi dépasse les limites du format${at(told.seq).fr} (${told.found}).`,
      en: `${told.subject}: a shipment exceeds the limits of the format${at(told.seq).en} (${told.found}).`,
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
  'clock-skew': {
    sentence: (told) => ({
      fr: `${told.subject} : l’horloge du boîtier s’écarte de ${text(told, 'skewSeconds')} s de celle du centre.`,
      en: `${told.subject}: the clock of the box is ${text(told, 'skewSeconds')} s off the centre’s.`,
    }),
    cause: always({
      fr: 'Heure non synchronisée, pile de l’horloge vide, ou heure changée volontairement.',
      en: 'Time not synchronised, an empty clock battery, or time changed on purpose.',
    }),
    action: checkClock,
  },
  'clock-regression': {
    sentence: about('l’heure du boîtier a reculé', 'the time of the box went back'),
    cause: always({
      fr: 'Correction brutale de l’heure, pile de l’horloge vide, ou heure changée volontairement.',
      en: 'An abrupt correction of the time, an empty clock battery, or time changed on purpose.',
    }),
    action: checkClock,
  },
  'integrity-failure-on-box': {
    sentence: (told) => ({
      fr: `${told.subject} : le boîtier a trouvé son propre contenu altéré${at(told.seq).fr} (${told.found}).`,
      en: `${told.subject}: the box found its own content altered${at(told.seq).en} (${told.found}).`,
    }),
    cause: always({
      fr: 'Fichier ou trace modifiés hors du service, ou panne de disque.',
      en: 'A file or trace changed outside of the service, or a failing disk.',
    }),
    action: {
      fr: 'Lancer « probant box fsck » sur le boîtier, contrôler les disques, et restaurer les documents nommés depuis une copie saine.',
      en: 'Run “probant box fsck” on the box, check its disks, and restore the documents named from a sound copy.',
    },
  },
  'outside-token-missing': {
    sentence: (told) => ({
      fr: `${told.subject} : aucune autorité d’horodatage extérieure n’a daté le journal depuis plus longtemps que le boîtier ne l’admet.`,
      en: `${told.subject}: no time-stamping authority outside has dated the journal for longer than the box allows.`,
    }),
    cause: always({
      fr: 'Autorités injoignables ou en panne, identifiants ou certificats à renouveler, ou horloge du boîtier fausse.',
      en: 'Authorities that can’t be reached or fail, credentials or certificates to renew, or a wrong clock of the box.',
    }),
    action: {
      fr: 'Lire le journal technique du boîtier, qui cite chaque autorité, et « probant box status » ; les dépôts continuent, datés par le boîtier et le témoin seuls.',
      en: 'Read the box’s log, which quotes each authority, and “probant box status”; deposits go on, dated by box and witness alone.',
    },
  },
  'evidence-renewal-missing': {
    sentence: (told) => ({
      fr: `${told.subject} : des jetons d’horodatage extérieurs cessent de prouver le ${text(told, 'ends')}, et rien ne les a renouvelés.`,
      en: `${told.subject}: time-stamp tokens of authorities outside stop proving at ${text(told, 'ends')}, and nothing has renewed them.`,
    }),
    cause: always({
      fr: 'Le certificat de leur autorité prend fin, ou un algorithme est retiré, et aucune autorité configurée n’a donné de jeton qui dure plus longtemps.',
      en: 'Their authority’s certificate ends or an algorithm is retired, and no authority configured gave a token that lasts longer.',
    }),
    action: {
      fr: 'Lire « probant box renewals » et le journal technique du boîtier ; configurer une autorité dont le certificat dure, puis « probant box renew » avant cette date.',
      en: 'Read “probant box renewals” and the box’s log; configure an authority whose certificate lasts, then “probant box renew” before that date.',
    },
  },
  'seal-certificate-expiring': {
    sentence: (told) => ({
      fr: `${told.subject} : le certificat de cachet du client prend fin le ${text(told, 'notAfter')}.`,
      en: `${told.subject}: the client’s seal certificate ends at ${text(told, 'notAfter')}.`,
    }),
    cause: always({
      fr: 'Un certificat a une fin. Passée celle-ci, les dépôts ne portent plus le cachet du client, ou sont refusés si le boîtier en exige un.',
      en: 'A certificate has an end. After it deposits no longer carry the client’s seal, or are refused if the box requires one.',
    }),
    action: {
      fr: 'Demander son renouvellement : « probant box seal-certificate request » sur le boîtier, puis « import » du certificat reçu ; l’ancien sert jusque-là.',
      en: 'Request its renewal: “probant box seal-certificate request” on the box, then “import” of the certificate received; the old one serves until then.',
    },
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
  'supervisor-was-blind': {
    sentence: (told) => ({
      fr: `Le centre de supervision n’a rien surveillé du ${text(told, 'from')} au ${text(told, 'to')}.`,
      en: `The supervision centre watched nothing from ${text(told, 'from')} to ${text(told, 'to')}.`,
    }),
    cause: always({
      fr: 'Arrêt ou panne du centre lui-même.',
      en: 'The centre itself was stopped or failed.',
    }),
    action: {
      fr: 'Comprendre l’arrêt. Les envois dont l’échéance tombait dans cet intervalle n’ont pas été jugés ; l’échéance suivante les couvre.',
      en: 'Understand the stop. Shipments due in that interval were not judged; the next deadline covers them.',
    },
  },
}
