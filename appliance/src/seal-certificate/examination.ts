import {
  equalBytes,
  EvidenceError,
  parseCertificate,
  parsePem,
  type AuthorityCertificate,
  type SignatureChecking,
} from '@probant/evidence'
import { BoxError } from '../errors.ts'
import { judgeCertificate, type SealCertificate } from './certificate.ts'

/** What an administrator brings back from the certification authority. */
export interface CertificateFiles {
  /** PEM: the certificate and its issuers, in any order; the root may be among them. */
  readonly certificates: string
  /** PEM of one certificate: the root that verifiers will be given. */
  readonly root: string
}

/** A key that was requested for and has no certificate yet. */
export interface RequestedKey {
  readonly keyLabel: string
  readonly spki: Uint8Array
}

export interface ExaminationRules {
  readonly requested: readonly RequestedKey[]
  /** OIDs: a certificate has to be issued under one of these policies; none: under any. */
  readonly policies: readonly string[]
  readonly nowMs: number
}

/** A certificate that fulfils every rule, and the key that it is for. */
export interface ExaminedCertificate extends SealCertificate {
  readonly keyLabel: string
}

/** What verifiers answer, in the administrator's words. */
const inFrench: Readonly<Record<string, string>> = {
  'wrong-purpose':
    'son usage (keyUsage, extendedKeyUsage) n’est pas de signer des données ou de sceller des documents',
  expired: 'un certificat de sa chaîne a expiré',
  'not-yet-valid': 'un certificat de sa chaîne n’est pas encore valable',
  'not-an-authority': 'un certificat de sa chaîne n’est pas celui d’une autorité de certification',
  'path-too-long': 'sa chaîne est plus longue qu’une de ses autorités ne le permet',
  'untrusted-authority':
    'il ne mène pas à la racine donnée ; il manque peut-être un certificat intermédiaire',
  'bad-signature': 'un certificat de sa chaîne n’est pas signé par l’autorité qu’il nomme',
  'own-issuer': 'il est émis par lui-même',
  unclear: 'il comporte une extension critique ou un algorithme que Probant ne sait pas vérifier',
}

/** More is no chain. */
const MAX_CERTIFICATES = 10

/**
 * Checks what is to be imported: readable, for a key that this box requested, meant for sealing, not expired, leading to the given root,
 * under an accepted policy. One that is not valid yet is accepted: it is prepared beside the one in force.
 * @throws BoxError `bad-certificate` (the caller's) saying what is wrong
 */
export async function examine(
  checking: SignatureChecking,
  files: CertificateFiles,
  rules: ExaminationRules,
): Promise<ExaminedCertificate> {
  const all = read(files.certificates, 'les certificats', 'the certificates')
  const [root, ...more] = read(files.root, 'la racine', 'the root')
  if (root === undefined || more.length > 0)
    throw refused('Donnez un seul certificat racine.', 'Give one root certificate.')
  const { certificate, keyLabel } = ownCertificate(all, rules.requested)
  if (rules.nowMs > certificate.notAfterMs)
    throw refused('Ce certificat a expiré.', 'This certificate has expired.')
  const atMs = Math.max(rules.nowMs, certificate.notBeforeMs)
  const others = all.filter((each) => each !== certificate)
  const judged = await judgeCertificate(checking, certificate, others, root, atMs)
  if (judged.status === 'refused') {
    const fr = inFrench[judged.code] ?? judged.why
    throw refused(
      `Ce certificat ne peut pas servir de cachet : ${fr}.`,
      `Not for sealing: ${judged.why}.`,
    )
  }
  const { policies } = rules
  if (policies.length > 0 && !certificate.policies.some((each) => policies.includes(each))) {
    const found = certificate.policies.join(', ')
    throw refused(
      `Ce certificat n’est pas d’une classe acceptée : ses politiques sont « ${found} », il en faut une parmi ${policies.join(', ')}.`,
      `This certificate is of no accepted class: its policies are "${found}", one of ${policies.join(', ')} is needed.`,
    )
  }
  return { ...judged.seal, keyLabel }
}

/** The one whose key was requested here; the others are its issuers. */
function ownCertificate(
  all: readonly AuthorityCertificate[],
  requested: readonly RequestedKey[],
): { certificate: AuthorityCertificate; keyLabel: string } {
  for (const certificate of all) {
    const key = requested.find(({ spki }) => equalBytes(spki, certificate.publicKey))
    if (key !== undefined) return { certificate, keyLabel: key.keyLabel }
  }
  throw refused(
    'Aucun de ces certificats n’est pour une clé que ce boîtier a demandée et qui n’en a pas encore.',
    'None of these certificates is for a key that this box requested and that has none yet.',
  )
}

function read(pem: string, fr: string, en: string): AuthorityCertificate[] {
  try {
    const found = parsePem(pem, 'CERTIFICATE').map(parseCertificate)
    if (found.length <= MAX_CERTIFICATES) return found
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    throw refused(`Ce n’est pas du PEM lisible : ${fr}.`, `Not readable PEM: ${en}.`, error)
  }
  throw refused(`Il y en a trop : ${fr}.`, `There are too many: ${en}.`)
}

function refused(fr: string, en: string, cause?: unknown): BoxError {
  return new BoxError('bad-certificate', 'caller', en, { words: { fr, en }, cause })
}
