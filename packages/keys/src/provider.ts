/** What a key is for; the kind fixes its algorithms. */
export type SigningKind = 'ec-p256' | 'rsa-3072' | 'ed25519' | 'ml-dsa-44'
export type KeyKind = SigningKind | 'wrapping-aes-256'

/** Names a key inside one provider; it holds no secret. */
export interface KeyRef {
  readonly provider: string
  readonly label: string
  readonly kind: KeyKind
}

/** What a provider can do, so that callers and the contract suite ask instead of trying. */
export interface Capabilities {
  /** Kinds that `generate` makes. */
  readonly kinds: readonly KeyKind[]
  /** True when signing keys can't be had out of the device, even by root. */
  readonly signingKeysStayInside: boolean
  /** True when the provider opens wrapping keys into its memory to use them. */
  readonly opensWrappingKeys: boolean
  /** How `enclose` encrypts, as an algorithm name; undefined when it can't. */
  readonly enclosing: string | undefined
  /** True when `attest` answers for keys made here. */
  readonly attests: boolean
  /** True when the keys outlive the process. */
  readonly persistent: boolean
}

/** The device's own statement about a key, to be judged by who holds the maker's roots. */
export interface Attestation {
  readonly format: string
  readonly statement: Uint8Array
  readonly certificates: readonly Uint8Array[]
}

/**
 * Keys behind one interface, whatever holds them. Every method may be called concurrently; none
 * blocks the event loop while it computes. Errors are `KeyError`s: `closed` after `close`,
 * `unreachable` (retryable) when a device doesn't answer.
 */
export interface KeyProvider {
  readonly name: string
  readonly capabilities: Capabilities
  /** Where the keys are, for people: the words after "kept in". */
  readonly place: string
  /** A sentence for the console where the provider must not be used in production. */
  readonly warning?: string | undefined

  /**
   * Makes a key that is durable when this resolves. Never replaces one.
   * @param label 1–64 characters of `[a-z0-9.-]`, beginning with a letter or digit
   * @throws KeyError `already-exists`, `invalid-label`, `not-available` (the kind)
   */
  generate(label: string, kind: KeyKind): Promise<KeyRef>

  /** The key of that label, or undefined. */
  find(label: string): Promise<KeyRef | undefined>

  /**
   * SPKI, DER (RFC 5280 section 4.1).
   * @throws KeyError `not-found`, `wrong-kind` for a wrapping key
   */
  publicKey(ref: KeyRef): Promise<Uint8Array>

  /**
   * ec-p256: DER ECDSA over SHA-256(message); rsa-3072: RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) over SHA-256(message), 384
   * bytes; ed25519 and ml-dsa-44 (empty context): the raw signature of 64 or 2,420 bytes. May be retried: a signature has no
   * other effect.
   * @throws KeyError `not-found`, `wrong-kind` for a wrapping key
   */
  sign(ref: KeyRef, message: Uint8Array): Promise<Uint8Array>

  /**
   * Encrypts at most 4,096 bytes under a wrapping key and binds them to `associatedData`. The bytes
   * are opaque: only the same provider and key open them.
   * @throws KeyError `not-found`, `wrong-kind`, `wrong-size`
   */
  enclose(ref: KeyRef, plaintext: Uint8Array, associatedData: Uint8Array): Promise<Uint8Array>

  /** @throws KeyError `altered` when the bytes, the key or the associated data are others; `not-found`, `wrong-kind` */
  open(ref: KeyRef, enclosed: Uint8Array, associatedData: Uint8Array): Promise<Uint8Array>

  /** `n` bytes (0 … 65,536) from the provider's generator. @throws KeyError `wrong-size` */
  random(n: number): Promise<Uint8Array>

  /** The device's statement that it holds the key; undefined where `capabilities.attests` is false. */
  attest(ref: KeyRef): Promise<Attestation | undefined>

  /**
   * The device's own time since it was powered on, which nobody can set; `cycle` names the power cycle within which `ms` compares. Absent
   * where the device has none.
   */
  powerTime?(): Promise<{ readonly cycle: string; readonly ms: number }>

  /**
   * Destroys a key for good; it is gone, durably, when this resolves. Safe to repeat: a key that isn't there is destroyed.
   * Copies that were made outside the provider's reach (of its folder, of a token) stay.
   * @throws KeyError `wrong-kind` when another kind of key has the label
   */
  destroy(ref: KeyRef): Promise<void>

  /** Releases the device; calls under way finish. Safe to repeat. */
  close(): Promise<void>
}
