import { mkdir } from 'node:fs/promises'
import { Certificate } from 'pkijs'
import { nodeCrypto, type KeyProvider, type KeyRef } from '@probant/keys'
import { equalBytes } from '@probant/evidence'
import type { Clock, Randomness } from '@probant/host'
import { BoxError } from '../errors.ts'
import {
  readCertificate,
  ROOT_FILE,
  toPem,
  TSA_FILE,
  writeCertificate,
} from './certificate-files.ts'
import { isSignedBy, issue, randomSerial, type NamedKey } from './certificates.ts'
import { algorithmOf, type CertifiedKind } from './signature-algorithms.ts'
import { TokenTemplate } from './token.ts'

/** Labels of the authority's keys in the provider. */
export const AUTHORITY_LABELS = { root: 'tsa-root', tsa: 'tsa' } as const

/** RFC 5280 appendix A.1, ub-common-name. */
const LONGEST_COMMON_NAME = 64
const DAY_MS = 86_400_000
/** Longer than the authority's, whose certificates are checked at the time of their tokens. */
const ROOT_DAYS = 30 * 365
const TSA_DAYS = 15 * 365

export interface AuthorityOptions {
  readonly keys: KeyProvider
  readonly clock: Clock
  readonly randomness: Randomness
  /** Where the certificates are kept. */
  readonly folder: string
  /** How far genTime may be from UTC, written into each token; 1 by default. */
  readonly accuracySeconds?: number
}

/** The box's own RFC 3161 authority: dates deposits by the box's clock, and is reported as the box's own claim. */
export interface Authority {
  /** SPKI of the key that signs tokens, DER. */
  readonly publicKey: Uint8Array
  /** DER. */
  readonly rootCertificate: Uint8Array
  /** DER. */
  readonly tsaCertificate: Uint8Array
  /** The trust anchor to hand to verifiers. */
  readonly rootPem: string
  /**
   * A TimeStampToken (CMS SignedData, DER) for a SHA-256 imprint, dated now. Costs one signature of the provider, which is verified before
   * the token leaves. May be called concurrently and retried: nothing is stored.
   * @throws BoxError `timestamp-failed`: retryable when the key store fails, fatal when the clock is outside the certificate's validity, the
   *   caller's when the imprint hasn't 32 bytes
   */
  token(imprintSha256: Uint8Array): Promise<Uint8Array>
}

/**
 * Makes whatever the authority lacks (keys `tsa-root` and `tsa`, `root.pem` and `tsa.pem`) and opens it. For a box's initialisation: interrupted
 * at any point, it finishes when called again; complete, it changes nothing.
 * @param options.boxId named in the certificates
 * @param options.keyType of the keys that are made; those that are there stay as they are
 * @throws those of `openAuthority`, of the key store and of the file system
 */
export async function createAuthority(
  options: AuthorityOptions & { readonly boxId: string; readonly keyType?: CertifiedKind },
): Promise<Authority> {
  const { keys, clock, randomness, folder, boxId, keyType = 'ec-p256' } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const named = async (label: string, commonName: string): Promise<NamedKey> => {
    if (commonName.length > LONGEST_COMMON_NAME)
      throw new BoxError('bad-settings', 'fatal', `"${commonName}" is too long for a certificate`)
    const ref = (await keys.find(label)) ?? (await keys.generate(label, keyType))
    return { ref, publicKey: await keys.publicKey(ref), commonName }
  }
  const root = await named(AUTHORITY_LABELS.root, `${boxId} time-stamping root`)
  const tsa = await named(AUTHORITY_LABELS.tsa, `${boxId} time-stamping`)
  const notBeforeMs = clock.nowMs()
  const missing = [
    { file: ROOT_FILE, subject: root, role: 'root', days: ROOT_DAYS },
    { file: TSA_FILE, subject: tsa, role: 'time-stamping', days: TSA_DAYS },
  ] as const
  for (const { file, subject, role, days } of missing) {
    if ((await readCertificate(folder, file)) !== undefined) continue
    const notAfterMs = notBeforeMs + days * DAY_MS
    const request = { subject, issuer: root, role, notBeforeMs, notAfterMs }
    await writeCertificate(folder, file, await issue(request, keys, randomness))
  }
  return openAuthority(options)
}

/**
 * Opens the authority that `createAuthority` made, once certificates and keys are found to belong together.
 * @throws BoxError `bad-settings` (fatal) when a part is missing or belongs to another authority
 */
export async function openAuthority(options: AuthorityOptions): Promise<Authority> {
  const { keys, clock, randomness, folder, accuracySeconds = 1 } = options
  const root = await readCertificate(folder, ROOT_FILE)
  const tsa = await readCertificate(folder, TSA_FILE)
  const ref = await keys.find(AUTHORITY_LABELS.tsa)
  if (root === undefined || tsa === undefined || ref === undefined) {
    throw new BoxError(
      'bad-settings',
      'fatal',
      `the time-stamping authority of ${folder} is absent`,
    )
  }
  const publicKey = await keys.publicKey(ref)
  if (!equalBytes(spkiOf(tsa), publicKey) || !(await isSignedBy(tsa, spkiOf(root)))) {
    throw new BoxError('bad-settings', 'fatal', `${folder} holds certificates of other keys`)
  }
  const signer = { keys, ref, publicKey }
  const template = new TokenTemplate(tsa, root, algorithmOf(ref.kind).identifier, accuracySeconds)
  const { notBefore, notAfter } = Certificate.fromBER(Uint8Array.from(tsa))
  const first = notBefore.value.getTime()
  const last = notAfter.value.getTime()
  return {
    publicKey,
    rootCertificate: root,
    tsaCertificate: tsa,
    rootPem: toPem(root),
    async token(imprintSha256) {
      if (imprintSha256.length !== 32) {
        throw new BoxError('timestamp-failed', 'caller', 'a SHA-256 imprint has 32 bytes')
      }
      const genTimeMs = clock.nowMs()
      if (genTimeMs < first || genTimeMs > last) {
        const why = "the box's clock is outside its time-stamping certificate's validity"
        throw new BoxError('timestamp-failed', 'fatal', why)
      }
      const serial = randomSerial(randomness)
      const unsigned = template.prepare({ imprintSha256, serial, genTimeMs })
      return unsigned.finish(await verifiedSignature(signer, unsigned.toBeSigned))
    },
  }
}

/** A device that signs wrongly is found here, not by the one who needs the token years later. */
async function verifiedSignature(
  { keys, ref, publicKey }: { keys: KeyProvider; ref: KeyRef; publicKey: Uint8Array },
  message: Uint8Array,
): Promise<Uint8Array> {
  const signature = await keys.sign(ref, message).catch((cause: unknown) => {
    const why = `the key ${ref.label} didn't sign`
    throw new BoxError('timestamp-failed', 'retryable', why, { cause })
  })
  const answer = await nodeCrypto.verify(algorithmOf(ref.kind).name, publicKey, message, signature)
  if (answer !== 'valid') {
    throw new BoxError('timestamp-failed', 'retryable', `the key ${ref.label} signed wrongly`)
  }
  return signature
}

/** SPKI of a certificate, DER. */
export function spkiOf(certificate: Uint8Array): Uint8Array {
  const { subjectPublicKeyInfo } = Certificate.fromBER(Uint8Array.from(certificate))
  return new Uint8Array(subjectPublicKeyInfo.toSchema().toBER())
}
