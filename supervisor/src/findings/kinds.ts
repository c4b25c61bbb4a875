import type { FindingKind } from '@probant/evidence'
import type { Circumstances } from '../store/findings.ts'

/** The kinds that this centre raises; others belong to the box or to functions that are not here yet. */
export const RAISED_KINDS = [
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
  'undeclared-restore',
  'format-downgrade',
  'oversized',
  'integrity-failure-on-box',
  'tiles-altered',
  'metadata-altered',
  'policy-altered',
  'unjournalled-object',
  'destroyed-key-revived',
  'hardware-change-declared',
  'journal-unwitnessed',
  'outside-token-missing',
  'evidence-renewal-missing',
  'seal-certificate-expiring',
  'journalling-stopped',
  'deposits-stopped',
  'attestation-mismatch',
  'hardware-counter-regression',
  'clone',
  'supervisor-was-blind',
  'alerting-broken',
] as const satisfies readonly FindingKind[]

export type RaisedKind = (typeof RAISED_KINDS)[number]

/** `alert`: evidence or supervision is at stake; `warning`: somebody should look. */
export type Severity = 'warning' | 'alert'

/** Findings of one box and one cause go into one alert: a network cut is one alert, whatever it entails. */
export type Cause =
  | 'history'
  | 'identity'
  | 'platform'
  | 'silence'
  | 'clock'
  | 'storage'
  | 'certificate'
  | 'centre'
  | 'alerting'

export interface Classification {
  severity: Severity
  cause: Cause
  /** False where what was shipped is what the box wrote: it is stored, audited, and the finding stands beside it. */
  refusesData: boolean
}

const history: Classification = { severity: 'alert', cause: 'history', refusesData: true }
const identity: Classification = { severity: 'alert', cause: 'identity', refusesData: true }
const silence: Classification = { severity: 'alert', cause: 'silence', refusesData: false }
const platform: Classification = { severity: 'alert', cause: 'platform', refusesData: false }
const storage: Classification = { severity: 'alert', cause: 'storage', refusesData: false }
const clock: Classification = { severity: 'warning', cause: 'clock', refusesData: false }

const classifications: Readonly<Record<RaisedKind, Classification>> = {
  'missing-shipment': silence,
  'late-shipment': { ...silence, severity: 'warning' },
  'journal-unwitnessed': { ...silence, severity: 'warning' },
  gap: history,
  'altered-trace': history,
  'broken-chain': history,
  reordered: history,
  duplicated: history,
  truncated: history,
  rollback: history,
  fork: history,
  'undeclared-restore': history,
  'format-downgrade': history,
  oversized: history,
  'missing-seal': { severity: 'warning', cause: 'history', refusesData: false },
  'bad-checkpoint-signature': identity,
  'wrong-key': identity,
  'wrong-box': identity,
  'hardware-change-declared': { severity: 'warning', cause: 'identity', refusesData: false },
  'clock-skew': clock,
  'clock-regression': clock,
  'integrity-failure-on-box': storage,
  'tiles-altered': storage,
  'metadata-altered': storage,
  'policy-altered': storage,
  'unjournalled-object': storage,
  'destroyed-key-revived': storage,
  'outside-token-missing': clock,
  'evidence-renewal-missing': { severity: 'warning', cause: 'certificate', refusesData: false },
  'seal-certificate-expiring': { severity: 'warning', cause: 'certificate', refusesData: false },
  'journalling-stopped': storage,
  'deposits-stopped': storage,
  'attestation-mismatch': platform,
  'hardware-counter-regression': platform,
  clone: identity,
  'alerting-broken': { severity: 'warning', cause: 'alerting', refusesData: false },
  'supervisor-was-blind': { severity: 'warning', cause: 'centre', refusesData: false },
}

export function classify(kind: RaisedKind): Classification {
  return classifications[kind]
}

export function isRaisedKind(kind: FindingKind): kind is RaisedKind {
  return Object.hasOwn(classifications, kind)
}

/** What a sentence may speak of. */
export interface Told {
  kind: RaisedKind
  /** Name of the box, or of the centre. */
  subject: string
  seq: number | null
  expected: string
  found: string
  circumstances: Circumstances
}
