/** Digest algorithms of the formats. Every name is in the data, so that one can be replaced. */
export type HashName = 'sha256' | 'sha3-256' | 'sha384' | 'sha512' | 'sha3-512'

/** The digests that a Merkle tree or a chain is built with. */
export type TreeHashName = 'sha256' | 'sha3-256'

/** A digest computed piece by piece. Not usable again after `digest`. */
export interface IncrementalHash {
  update(bytes: Uint8Array): void
  digest(): Uint8Array
}

/**
 * Digests, injected so that a browser runs the same code. Synchronous. An implementation must have read
 * `bytes` completely when it returns and must not keep them: callers reuse the buffer. What it returns
 * belongs to the caller.
 */
export interface Hashing {
  hash(name: HashName, bytes: Uint8Array): Uint8Array
  incremental(name: HashName): IncrementalHash
}

export type SignatureAlgorithm =
  | 'ecdsa-p256-sha256'
  | 'ecdsa-p384-sha384'
  | 'ecdsa-p521-sha512'
  | 'ed25519'
  | 'ml-dsa-44'
  | 'rsa-pkcs1-sha256'
  | 'rsa-pkcs1-sha384'
  | 'rsa-pkcs1-sha512'
  | 'rsa-pss-sha256'

/** What came of checking a signature. An outage is never "invalid". */
export type Answer = 'valid' | 'invalid' | 'cannot-tell'

/** Signature checks, injected. */
export interface SignatureChecking {
  /**
   * Never rejects for what an attacker controls: an undecodable key or signature is 'invalid', an
   * algorithm that is not available here 'cannot-tell'.
   *
   * @param publicKey SPKI DER; the raw 32 bytes for ed25519, the raw 1312 for ml-dsa-44
   * @param signature DER for ECDSA; raw for the others
   */
  verify(
    algorithm: SignatureAlgorithm,
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): Promise<Answer>
}

/** All the cryptography that verification needs. packages/keys gives one for Node. */
export interface EvidenceCrypto extends Hashing, SignatureChecking {}
