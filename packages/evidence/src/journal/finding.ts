/** Every kind of finding that the product knows, whoever raises it (interfaces). */
export const findingKinds = [
  'missing-shipment',
  'late-shipment',
  'gap',
  'altered-trace',
  'broken-chain',
  'reordered',
  'duplicated',
  'truncated',
  'rollback',
  'fork',
  'bad-checkpoint-signature',
  'wrong-key',
  'wrong-box',
  'clock-skew',
  'clock-regression',
  'missing-seal',
  'hardware-counter-regression',
  'attestation-mismatch',
  'undeclared-restore',
  'bad-timestamp',
  'format-downgrade',
  'oversized',
  'integrity-failure-on-box',
  'journal-unwitnessed',
  'outside-token-missing',
  'evidence-renewal-missing',
  'seal-certificate-expiring',
  'supervisor-rollback',
  'supervisor-was-blind',
  'supervisor-equivocation',
  'journalling-stopped',
  'deposits-stopped',
  'tiles-altered',
  'metadata-altered',
  'policy-altered',
  'unjournalled-object',
  'destroyed-key-revived',
  'clone',
  'hardware-change-declared',
  'alerting-broken',
] as const

export type FindingKind = (typeof findingKinds)[number]

/** A contradiction in a journal, with both its sides. */
export interface Finding {
  readonly kind: FindingKind
  /** The first trace that is wrong; null where none can be named. */
  readonly seq: number | null
  readonly expected: string
  readonly found: string
  /**
   * `cannot-tell` where something is missing rather than wrong (a key that was not given, a later format).
   * Whoever stores or signs treats both alike: it is not verified.
   */
  readonly answer: 'invalid' | 'cannot-tell'
  /** Where only a stretch can be named: alterations lie in `from` … `to`; `to` certainly is one. */
  readonly range?: { readonly from: number; readonly to: number }
  /** Time of the last trace before it that is in order: what is wrong is wrong since then. */
  readonly since?: string
}

/** A finding at a trace that can be named. */
export type FindingAtTrace = Finding & { readonly seq: number }

/** A finding that something is wrong. */
export function contradiction<Seq extends number | null>(
  kind: FindingKind,
  seq: Seq,
  expected: string,
  found: string,
): Finding & { readonly seq: Seq } {
  return { kind, seq, expected, found, answer: 'invalid' }
}

/** A finding that something can't be told. */
export function openQuestion<Seq extends number | null>(
  kind: FindingKind,
  seq: Seq,
  expected: string,
  found: string,
): Finding & { readonly seq: Seq } {
  return { kind, seq, expected, found, answer: 'cannot-tell' }
}
