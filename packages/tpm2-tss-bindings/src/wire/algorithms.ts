/** TPM_ALG_ID, TPM_ECC_CURVE and TPM_ST values that this package uses (TPM 2.0 Library, part 2, sections 6.3, 6.4, 6.9). */
export const ALG_RSA = 0x0001
export const ALG_AES = 0x0006
export const ALG_KEYEDHASH = 0x0008
export const ALG_SHA256 = 0x000b
export const ALG_NULL = 0x0010
export const ALG_ECDSA = 0x0018
export const ALG_ECC = 0x0023
export const ALG_CFB = 0x0043
export const CURVE_P256 = 0x0003
export const ST_ATTEST_CERTIFY = 0x8017
export const ST_ATTEST_QUOTE = 0x8018
export const ST_HASHCHECK = 0x8024
/** TPM_RH_NULL and TPM_GENERATED_VALUE. */
export const RH_NULL = 0x40000007
export const GENERATED = 0xff544347

/** PCR banks and hashes by the name that people use. */
export const hashes = { sha1: 0x0004, sha256: 0x000b, sha384: 0x000c, sha512: 0x000d } as const
export type HashName = keyof typeof hashes
export const hashBytes: Readonly<Record<HashName, number>> = {
  sha1: 20,
  sha256: 32,
  sha384: 48,
  sha512: 64,
}

/** The name of a hash, or undefined where this package has none for the number. */
export function hashName(algorithm: number): HashName | undefined {
  const names: readonly HashName[] = ['sha1', 'sha256', 'sha384', 'sha512']
  return names.find((name) => hashes[name] === algorithm)
}
