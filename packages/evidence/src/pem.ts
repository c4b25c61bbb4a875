import { fromBase64, toBase64 } from './bytes.ts'
import { EvidenceError } from './errors.ts'

export type PemLabel = 'PUBLIC KEY' | 'CERTIFICATE' | 'X509 CRL'

/** The DER of every block of this label in a PEM text (RFC 7468); text around blocks is passed over. */
export function parsePem(text: string, label: PemLabel): Uint8Array[] {
  const found: Uint8Array[] = []
  const blocks = /-----BEGIN ([^\n-]+)-----\r?\n([A-Za-z0-9+/=\s]*)-----END ([^\n-]+)-----/g
  for (const [, begin = '', body = '', end] of text.matchAll(blocks)) {
    if (begin !== label || end !== label) {
      throw new EvidenceError('malformed-anchors', `a ${begin} where only ${label} may be`)
    }
    found.push(fromBase64(body.replaceAll(/\s/g, '')))
  }
  if (found.length === 0) throw new EvidenceError('malformed-anchors', `no ${label} in a PEM file`)
  return found
}

/** PEM of one DER value. */
export function formatPem(der: Uint8Array, label: PemLabel | 'CERTIFICATE REQUEST'): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
