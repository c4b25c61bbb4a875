import { Certificate } from 'pkijs'
import type { TestCertificate } from './authority.ts'

/** A certificate after a change, with the signature that it had. */
export function changed(
  certificate: TestCertificate,
  change: (parsed: Certificate) => void,
): TestCertificate {
  const parsed = Certificate.fromBER(Uint8Array.from(certificate.der))
  change(parsed)
  const der = new Uint8Array(parsed.toSchema(true).toBER())
  return { ...certificate, der, parsed: Certificate.fromBER(der) }
}
