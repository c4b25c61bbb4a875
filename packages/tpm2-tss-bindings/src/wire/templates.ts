import {
  ALG_AES,
  ALG_CFB,
  ALG_ECC,
  ALG_ECDSA,
  ALG_KEYEDHASH,
  ALG_NULL,
  ALG_RSA,
  ALG_SHA256,
  CURVE_P256,
} from './algorithms.ts'
import { endorsementPolicy } from './policy-digest.ts'
import { attributes, pointOf } from './public-area.ts'
import { EMPTY, joined, sized, u16, u32 } from './writer.ts'

/** Bound to this TPM and this parent, made inside by its own generator: such a key can't leave. */
const NEVER_LEAVES = attributes.fixedTpm | attributes.fixedParent | attributes.sensitiveDataOrigin

interface Rest {
  readonly type: number
  readonly attributes: number
  readonly policy?: Uint8Array | undefined
  readonly parameters: Uint8Array
  readonly unique: Uint8Array
}

/** A TPMT_PUBLIC whose Name is by SHA-256. */
function template({ type, attributes, policy, parameters, unique }: Rest): Uint8Array {
  const authPolicy = policy === undefined ? EMPTY : sized(policy)
  return joined(u16(type), u16(ALG_SHA256), u32(attributes), authPolicy, parameters, unique)
}

const AES_128_CFB = joined(u16(ALG_AES), u16(128), u16(ALG_CFB))
const NO_SYMMETRIC = u16(ALG_NULL)
const ECDSA_SHA256 = joined(u16(ALG_ECDSA), u16(ALG_SHA256))

function ecc(symmetric: Uint8Array, scheme: Uint8Array): Uint8Array {
  return joined(symmetric, scheme, u16(CURVE_P256), u16(ALG_NULL))
}

const NO_POINT = joined(EMPTY, EMPTY)
const userAuth = attributes.userWithAuth | attributes.noDictionaryAttack

/** A storage key on P-256, the kind of the TPM's storage root key (SRK). */
export function storageKey(): Uint8Array {
  return template({
    type: ALG_ECC,
    attributes: NEVER_LEAVES | userAuth | attributes.restricted | attributes.decrypt,
    parameters: ecc(AES_128_CFB, u16(ALG_NULL)),
    unique: NO_POINT,
  })
}

/**
 * An ECDSA P-256 signing key with SHA-256. With a policy, nothing but that policy lets it sign; to certify it takes its (empty)
 * authorisation value, which reveals nothing.
 * @param options.restricted true for an attestation key: signs only what the TPM itself states
 */
export function signingKey(
  options: { readonly restricted?: boolean; readonly policy?: Uint8Array | undefined } = {},
): Uint8Array {
  const { restricted = false, policy } = options
  return template({
    type: ALG_ECC,
    attributes:
      NEVER_LEAVES |
      attributes.noDictionaryAttack |
      attributes.sign |
      (policy === undefined ? attributes.userWithAuth : 0) |
      (restricted ? attributes.restricted : 0),
    policy,
    parameters: ecc(NO_SYMMETRIC, ECDSA_SHA256),
    unique: NO_POINT,
  })
}

/** Data sealed under a parent. With a policy, nothing but that policy opens it; without, its (maybe empty) authorisation value. */
export function sealedData(policy?: Uint8Array): Uint8Array {
  return template({
    type: ALG_KEYEDHASH,
    attributes:
      attributes.fixedTpm |
      attributes.fixedParent |
      attributes.noDictionaryAttack |
      (policy === undefined ? attributes.userWithAuth : 0),
    policy,
    parameters: u16(ALG_NULL),
    unique: EMPTY,
  })
}

/** A P-256 public key from outside that the TPM shall check ECDSA signatures with. @param spki DER */
export function externalVerificationKey(spki: Uint8Array): Uint8Array {
  const { x, y } = pointOf(spki)
  return template({
    type: ALG_ECC,
    attributes: attributes.sign | attributes.userWithAuth,
    parameters: ecc(NO_SYMMETRIC, ECDSA_SHA256),
    unique: joined(sized(x), sized(y)),
  })
}

const endorsement =
  NEVER_LEAVES | attributes.adminWithPolicy | attributes.restricted | attributes.decrypt

/** The endorsement keys that makers certify: templates L-1 (RSA 2048) and L-2 (P-256) of the TCG EK Credential Profile, appendix B.3. */
export const endorsementTemplates: Readonly<Record<'rsa-2048' | 'ec-p256', () => Uint8Array>> = {
  'rsa-2048': () =>
    template({
      type: ALG_RSA,
      attributes: endorsement,
      policy: endorsementPolicy(),
      parameters: joined(AES_128_CFB, u16(ALG_NULL), u16(2048), u32(0)),
      unique: sized(new Uint8Array(256)),
    }),
  'ec-p256': () =>
    template({
      type: ALG_ECC,
      attributes: endorsement,
      policy: endorsementPolicy(),
      parameters: ecc(AES_128_CFB, u16(ALG_NULL)),
      unique: joined(sized(new Uint8Array(32)), sized(new Uint8Array(32))),
    }),
}
