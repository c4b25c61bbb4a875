import { dictionary } from '@probant/web/browser'

/** The words of the supervision pages. */
export const words = dictionary(
  {
    site: 'Centre de supervision',
    welcome: 'Surveillez le parc des boîtiers, et traitez ce qui ne va pas.',
    navigation: 'Rubriques',
    fleet: 'Parc',
    alerts: 'Alertes',
    alertJournal: 'Journal des alertes',
    notFoundTitle: 'Page introuvable',
    notFound: 'Cette page n’existe pas, ou plus.',
    toFleet: 'Retour au parc',
    loading: 'Chargement',
    retry: 'Réessayer',

    boxesCaption: 'Boîtiers surveillés, ceux qui demandent attention d’abord',
    noBoxes: 'Aucun boîtier n’est encore inscrit auprès de ce centre.',
    box: 'Boîtier',
    state: 'État',
    lastHead: 'Dernier point de contrôle',
    lastShipment: 'Dernier envoi de traces',
    nextDeadline: 'Prochaine échéance',
    openFindings: 'Anomalies',
    never: 'Jamais',
    none: 'Aucune',
    traces: (size: string) => `${size} traces`,
    ok: 'En ordre',
    warning: 'À surveiller',
    alert: 'Alerte',
    silent: 'Silencieux',
    okWords: 'Ce que ce boîtier a envoyé est complet et cohérent.',
    warningWords: 'Quelque chose demande à être regardé. Voyez les anomalies ci-dessous.',
    alertWords:
      'Une incohérence a été constatée : panne du matériel, panne du logiciel ou attaque. Voyez les anomalies ci-dessous.',
    silentWords: 'Ce boîtier n’a pas donné de nouvelles à temps.',

    origin: 'Origine du journal',
    attestation: 'Attestation du matériel',
    notAttested: 'Non attesté : ce boîtier n’a pas de puce qui garantisse le logiciel démarré.',
    headHint: 'Le centre a vu le journal jusqu’ici et l’a contresigné.',
    shipmentHint: 'Le centre a reçu toutes les traces jusqu’ici et les a recalculées.',
    back: 'Tout le parc',
    findings: 'Anomalies constatées',
    noFindings: 'Aucune anomalie n’a été constatée sur ce boîtier.',
    findingOpen: 'En cours',
    findingResolved: 'Résolue',
    raisedAt: 'Constatée le',
    resolvedAt: 'Résolue le',
    atTrace: (seq: string) => `à la trace n° ${seq}`,
    sides: 'Les deux côtés de la contradiction',
    expected: 'Attendu',
    found: 'Constaté',

    noAlerts: 'Aucune alerte. Tout ce que le parc a envoyé est complet et cohérent.',
    seeBox: 'Voir le boîtier',
    alertsHint:
      'Une alerte non prise en charge est rappelée aux contacts jusqu’à ce que quelqu’un s’en charge.',
    severityAlert: 'Alerte',
    severityWarning: 'Avertissement',
    open: 'À traiter',
    acknowledged: 'Prise en charge',
    resolved: 'Résolue',
    openedAt: 'Ouverte le',
    acknowledge: 'Prendre en charge',
    resolve: 'Clore',
    resolveWords:
      'Ses anomalies passent à « résolues ». Si la même chose se reproduit, une nouvelle alerte s’ouvre.',
    resolvedNow: 'L’alerte est close.',
    noteWas: 'Note :',
    notifications: 'Messages envoyés',
    cause: 'Cause probable',
    action: 'Que faire',
    acknowledgeWords:
      'Les rappels cessent. La prise en charge est inscrite au journal des alertes.',
    note: 'Note (facultatif)',
    noteHint: 'Ce que vous avez constaté ou allez faire. Pas de donnée personnelle.',
    confirming: 'Enregistrement…',
    cancel: 'Annuler',
    acknowledgedNow: 'L’alerte est prise en charge.',
    newAlerts: (count: string) => `Nouvelle alerte : ${count} à traiter.`,
    openCount: (count: string) => `${count} à traiter`,

    journalCaption: 'Constatations, alertes, envois de messages et prises en charge',
    noEntries: 'Le journal des alertes est vide.',
    seq: 'Trace n°',
    when: 'Date',
    act: 'Acte',
    outcome: 'Résultat',
    details: 'Détails',
  },
  {
    site: 'Supervision centre',
    welcome: 'Watch the fleet of boxes, and deal with what is wrong.',
    navigation: 'Sections',
    fleet: 'Fleet',
    alerts: 'Alerts',
    alertJournal: 'Alert journal',
    notFoundTitle: 'Page not found',
    notFound: 'This page does not exist, or no longer does.',
    toFleet: 'Back to the fleet',
    loading: 'Loading',
    retry: 'Try again',

    boxesCaption: 'Boxes under watch, those that need attention first',
    noBoxes: 'No box is enrolled with this centre yet.',
    box: 'Box',
    state: 'State',
    lastHead: 'Last checkpoint',
    lastShipment: 'Last shipment of traces',
    nextDeadline: 'Next deadline',
    openFindings: 'Findings',
    never: 'Never',
    none: 'None',
    traces: (size) => `${size} traces`,
    ok: 'In order',
    warning: 'To be watched',
    alert: 'Alert',
    silent: 'Silent',
    okWords: 'What this box has sent is complete and consistent.',
    warningWords: 'Something should be looked at. See the findings below.',
    alertWords:
      'An inconsistency was found: hardware failure, software failure or attack. See the findings below.',
    silentWords: 'This box has not been heard of in time.',

    origin: 'Origin of the journal',
    attestation: 'Hardware attestation',
    notAttested: 'Not attested: this box has no chip that vouches for the software it started.',
    headHint: 'The centre has seen the journal up to here and countersigned it.',
    shipmentHint: 'The centre has received all traces up to here and recomputed them.',
    back: 'The whole fleet',
    findings: 'Findings',
    noFindings: 'Nothing wrong was found on this box.',
    findingOpen: 'Open',
    findingResolved: 'Resolved',
    raisedAt: 'Raised on',
    resolvedAt: 'Resolved on',
    atTrace: (seq) => `at trace no. ${seq}`,
    sides: 'Both sides of the contradiction',
    expected: 'Expected',
    found: 'Found',

    noAlerts: 'No alert. All that the fleet has sent is complete and consistent.',
    seeBox: 'See the box',
    alertsHint:
      'An alert that nobody takes charge of is sent to the contacts again until somebody does.',
    severityAlert: 'Alert',
    severityWarning: 'Warning',
    open: 'To be dealt with',
    acknowledged: 'Acknowledged',
    resolved: 'Resolved',
    openedAt: 'Opened on',
    acknowledge: 'Acknowledge',
    resolve: 'Close',
    resolveWords:
      'Its findings become “resolved”. Should the same happen again, a new alert opens.',
    resolvedNow: 'The alert is closed.',
    noteWas: 'Note:',
    notifications: 'Messages sent',
    cause: 'Probable cause',
    action: 'What to do',
    acknowledgeWords: 'Reminders stop. The acknowledgement is recorded in the alert journal.',
    note: 'Note (optional)',
    noteHint: 'What you found or are going to do. No personal data.',
    confirming: 'Recording…',
    cancel: 'Cancel',
    acknowledgedNow: 'The alert is acknowledged.',
    newAlerts: (count) => `New alert: ${count} to be dealt with.`,
    openCount: (count) => `${count} to be dealt with`,

    journalCaption: 'Findings, alerts, messages sent and acknowledgements',
    noEntries: 'The alert journal is empty.',
    seq: 'Trace no.',
    when: 'Date',
    act: 'Act',
    outcome: 'Outcome',
    details: 'Details',
  },
)

const acts = dictionary(
  {
    'log-opened': 'Ouverture du journal',
    enrolled: 'Inscription d’un boîtier',
    'finding-raised': 'Anomalie constatée',
    'alert-opened': 'Alerte ouverte',
    'notification-attempted': 'Envoi d’un message tenté',
    'notification-delivered': 'Message remis',
    'notification-failed': 'Message non remis',
    'alert-acknowledged': 'Alerte prise en charge',
    'alert-resolved': 'Alerte résolue',
    seal: 'Scellement',
  },
  {
    'log-opened': 'Journal opened',
    enrolled: 'Box enrolled',
    'finding-raised': 'Finding raised',
    'alert-opened': 'Alert opened',
    'notification-attempted': 'Message attempted',
    'notification-delivered': 'Message delivered',
    'notification-failed': 'Message not delivered',
    'alert-acknowledged': 'Alert acknowledged',
    'alert-resolved': 'Alert resolved',
    seal: 'Seal',
  },
)

const outcomes = dictionary(
  {
    done: 'Fait',
    refused: 'Refusé',
    failed: 'Échoué',
    attempted: 'Tenté',
    delivered: 'Remis',
    deferred: 'Remis à plus tard',
  },
  {
    done: 'Done',
    refused: 'Refused',
    failed: 'Failed',
    attempted: 'Attempted',
    delivered: 'Delivered',
    deferred: 'Deferred',
  },
)

const channels = dictionary({ email: 'Courriel' }, { email: 'E-mail' })

/** An act in words; a newer act than this page is shown by its code. */
export function actName(act: string): string {
  return new Map<string, string>(Object.entries(acts())).get(act) ?? act
}

export function outcomeName(outcome: string): string {
  return new Map<string, string>(Object.entries(outcomes())).get(outcome) ?? outcome
}

/** The way in which a contact was told. */
export function channelName(channel: string): string {
  return new Map<string, string>(Object.entries(channels())).get(channel) ?? channel
}
