import {
  formatPem,
  parseCertificate,
  type AuthorityCertificate,
  type EvidenceCrypto,
} from '@probant/evidence'
import { formatTime } from '@probant/host'
import type { SealRow } from '../store/seal-certificates.ts'
import { certificateDigest, type Seals } from './seals.ts'

/** `requested`: no certificate yet; `prepared`: its first day is to come; `in-reserve`: in force, but one imported later seals. */
export type SealState =
  'requested' | 'prepared' | 'in-force' | 'in-reserve' | 'expired' | 'withdrawn' | 'unusable'

/** One key for seals, as administrators see it. */
export interface SealDescription {
  readonly key: string
  readonly state: SealState
  readonly requestedAt: string
  /** PEM, while its certificate is awaited. */
  readonly request?: string
  readonly importedAt?: string
  readonly subject?: string
  readonly issuer?: string
  /** Hex. */
  readonly serial?: string
  readonly certificateSha256?: string
  readonly notBefore?: string
  /** The end of the first certificate of its path that ends. */
  readonly notAfter?: string
  /** Why it can't be used. */
  readonly fault?: string
}

export function describeSeal(
  crypto: EvidenceCrypto,
  seals: Seals,
  row: SealRow,
  nowMs: number,
): SealDescription {
  const common = { key: row.keyLabel, requestedAt: formatTime(row.requestedAtMs) }
  const { imported } = row
  if (imported === undefined)
    return { ...common, state: 'requested', request: formatPem(row.request, 'CERTIFICATE REQUEST') }
  const importedAt = formatTime(imported.importedAtMs)
  const fault = seals.faults.get(row.keyLabel)
  if (fault !== undefined) return { ...common, importedAt, state: 'unusable', fault }
  const [certificate, ...issuers] = [...imported.chain, imported.root].map(parseCertificate)
  if (certificate === undefined) return { ...common, importedAt, state: 'unusable' }
  const path = [certificate, ...issuers]
  const notBeforeMs = Math.max(...path.map((each) => each.notBeforeMs))
  const notAfterMs = Math.min(...path.map((each) => each.notAfterMs))
  const stateNow = (): SealState => {
    if (imported.withdrawnAtMs !== undefined) return 'withdrawn'
    if (nowMs < notBeforeMs) return 'prepared'
    if (nowMs > notAfterMs) return 'expired'
    return seals.standing().inForce?.key.label === row.keyLabel ? 'in-force' : 'in-reserve'
  }
  return {
    ...common,
    importedAt,
    state: stateNow(),
    ...namesOf(certificate),
    certificateSha256: certificateDigest(crypto, certificate.der),
    notBefore: formatTime(notBeforeMs),
    notAfter: formatTime(notAfterMs),
  }
}

const namesOf = ({ subjectText, issuerText, serial }: AuthorityCertificate) => ({
  subject: subjectText,
  issuer: issuerText,
  serial,
})
