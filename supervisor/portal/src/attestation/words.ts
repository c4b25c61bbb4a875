import { dictionary } from '@probant/web/browser'

export const words = dictionary(
  {
    title: (box: string) => `Attestation de ${box}`,
    hint: 'Ce que la puce TPM du boîtier a signé de la machine, à chaque envoi.',
    none: 'Ce boîtier n’a rien attesté : il n’a pas de puce TPM, a été inscrit sans elle, ou n’a encore rien envoyé.',
    caption: 'Attestations, la plus récente d’abord',
    when: 'Reçue le',
    outcome: 'Résultat',
    expected: 'Attendue',
    approved: 'Approuvée',
    mismatch: 'En écart',
    missing: 'Absente',
    resets: 'Redémarrages',
    values: 'Valeurs (SHA-256 des registres)',
    acts: 'Que faire',
    approve: 'Approuver',
    approveTitle: 'Approuver ces valeurs',
    approveWords:
      'Seulement après avoir compris pourquoi la machine a changé. Deux opérateurs différents doivent approuver ; ces valeurs comptent alors dès le prochain envoi, pour ce boîtier seul.',
    reason: 'Motif',
    reasonHint: 'Ce que vous avez vérifié. Pas de donnée personnelle.',
    approvedOf: (count: string, needed: string) =>
      `Approuvé par ${count} opérateur(s) sur ${needed}.`,
  },
  {
    title: (box) => `Attestation of ${box}`,
    hint: 'What the box’s TPM signed of the machine, with each shipment.',
    none: 'This box attested nothing: it has no TPM, was enrolled without it, or hasn’t shipped yet.',
    caption: 'Attestations, newest first',
    when: 'Received on',
    outcome: 'Outcome',
    expected: 'Expected',
    approved: 'Approved',
    mismatch: 'Mismatch',
    missing: 'Missing',
    resets: 'Resets',
    values: 'Values (SHA-256 of the registers)',
    acts: 'To do',
    approve: 'Approve',
    approveTitle: 'Approve these values',
    approveWords:
      'Only once you understood why the machine changed. Two different operators have to approve; these values then count from the next shipment on, for this box alone.',
    reason: 'Reason',
    reasonHint: 'What you made sure of. No personal data.',
    approvedOf: (count, needed) => `Approved by ${count} operator(s) of ${needed}.`,
  },
)
