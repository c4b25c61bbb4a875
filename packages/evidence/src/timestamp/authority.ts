import { anyPurpose, type CertificateRole } from '../x509/path.ts'

const timeStamping = '1.3.6.1.5.5.7.3.8'

/** A certificate that signs time-stamp tokens (RFC 3161 section 2.3): that purpose alone, marked critical. */
export const timeStampingRole: CertificateRole = {
  signs: 'token',
  root: 'a root of the time-stamping authority',
  refusal: ({ purposes, keyUsage }) => {
    const onlyStamps = purposes?.ids.length === 1 && purposes.ids[0] === timeStamping
    if (!onlyStamps || !purposes.isCritical) return 'is not meant for time-stamping alone'
    return keyUsage !== undefined && (!keyUsage.signsData || keyUsage.others)
      ? 'has a key usage other than signing data'
      : undefined
  },
  mayIssue: (purposes) => purposes.some((each) => each === timeStamping || each === anyPurpose),
}
