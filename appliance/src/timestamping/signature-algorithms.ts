import type { SignatureAlgorithm } from '@probant/evidence'
import type { KeyKind } from '@probant/keys'
import { BoxError } from '../errors.ts'
import { nothing, objectIdentifier, sequence } from './der.ts'
import { OIDS } from './oids.ts'

/** Keys that certificates can be for: what the box requests, issues and signs CMS with. */
export type CertifiedKind = 'ec-p256' | 'rsa-3072'

/** How the signatures of a key are named. */
export interface NamedAlgorithm {
  /** In verdicts and checks. */
  readonly name: SignatureAlgorithm
  /** AlgorithmIdentifier, DER: without parameters for ECDSA (RFC 5758 section 3.2), with NULL for RSA (RFC 4055 section 5). */
  readonly identifier: Uint8Array
}

const algorithms: Readonly<Record<CertifiedKind, NamedAlgorithm & { oid: string }>> = {
  'ec-p256': {
    name: 'ecdsa-p256-sha256',
    oid: OIDS.ecdsaWithSha256,
    identifier: sequence(objectIdentifier(OIDS.ecdsaWithSha256)),
  },
  'rsa-3072': {
    name: 'rsa-pkcs1-sha256',
    oid: OIDS.sha256WithRsaEncryption,
    identifier: sequence(objectIdentifier(OIDS.sha256WithRsaEncryption), nothing),
  },
}

/** @throws BoxError `bad-settings` (fatal) for a key that no certificate can be for */
export function algorithmOf(kind: KeyKind): NamedAlgorithm {
  if (kind === 'ec-p256' || kind === 'rsa-3072') return algorithms[kind]
  throw new BoxError('bad-settings', 'fatal', `a ${kind} key signs no certificates and no CMS`)
}

/** The name of an algorithm among those that the box writes into certificates. */
export const algorithmNamed = (oid: string): SignatureAlgorithm | undefined =>
  Object.values(algorithms).find((each) => each.oid === oid)?.name
