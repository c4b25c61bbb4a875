import { anyPurpose, type CertificateRole } from '../x509/path.ts'

/**
 * Extended key usages under which certificates that seal documents are issued: e-mail protection (RFC 5280), document
 * signing (RFC 9336), and two makers' own for the same.
 */
const sealingPurposes: readonly string[] = [
  anyPurpose,
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.5.5.7.3.36',
  '1.3.6.1.4.1.311.10.3.12',
  '1.2.840.113583.1.1.5',
]

/**
 * A certificate that seals archive proofs in the name of an organisation: key usage digitalSignature, nonRepudiation or
 * both and no other, no authority, and where it is limited to purposes, one of them for sealing documents.
 */
export const sealRole: CertificateRole = {
  signs: 'seal',
  root: "a root of the seal certificate's authority (seal.pem)",
  refusal: ({ keyUsage, purposes, isAuthority }) => {
    if (isAuthority) return "is a certification authority's"
    if (keyUsage === undefined) return 'does not say that it may sign data (key usage)'
    if (!keyUsage.signsData) return 'may not sign data (key usage)'
    if (keyUsage.others) return 'has a key usage other than signing data'
    return purposes === undefined || mayIssue(purposes.ids)
      ? undefined
      : 'is limited to other purposes than sealing documents'
  },
  mayIssue,
}

function mayIssue(purposes: readonly string[]): boolean {
  return purposes.some((each) => sealingPurposes.includes(each))
}
