/** Who can do something about a failure: nobody (fatal), time (retryable), or the caller. */
export type Fault = 'fatal' | 'retryable' | 'caller'

const faults = {
  'already-exists': 'caller',
  'not-found': 'caller',
  'invalid-label': 'caller',
  'wrong-kind': 'caller',
  'wrong-size': 'caller',
  closed: 'caller',
  'not-available': 'fatal',
  refused: 'fatal',
  'pin-refused': 'fatal',
  'unsafe-permissions': 'fatal',
  'unreadable-key': 'fatal',
  altered: 'fatal',
  'wrong-key': 'fatal',
  'wrong-device': 'fatal',
  'wrong-state': 'fatal',
  'share-unreadable': 'caller',
  'share-altered': 'caller',
  'share-of-another-key': 'caller',
  'share-repeated': 'caller',
  'too-few-shares': 'caller',
  'shares-disagree': 'caller',
  'locked-out': 'retryable',
  unreachable: 'retryable',
} as const satisfies Record<string, Fault>

/**
 * - `already-exists`, `not-found`, `invalid-label`, `wrong-kind`: about a label or what the key behind it can do
 * - `wrong-size`: a key, salt or range that hasn't the length asked for
 * - `closed`: the provider was closed, or the cipher already ended
 * - `not-available`: the provider, or the kind of key, doesn't exist in this installation
 * - `refused`: the configuration forbids it
 * - `pin-refused`: the device doesn't take the PIN; it isn't offered again by itself, which would lock the device
 * - `locked-out`: the device is locked, or one try from it: somebody has to unlock it there
 * - `unsafe-permissions`: others than the owner could read or change the keys
 * - `unreadable-key`: a stored key isn't what was written
 * - `altered`: enclosed bytes don't open: changed, or bound to something else
 * - `wrong-key`: bytes that were made under another key
 * - `wrong-device`: the keys were made in another device than the one that is there
 * - `wrong-state`: the device gives the keys only to approved software, and this machine booted something else
 * - `share-unreadable`, `share-altered`: a text that holds no whole share, or one whose checksum differs
 * - `share-of-another-key`, `share-repeated`, `too-few-shares`: shares that don't belong together, or aren't enough
 * - `shares-disagree`: enough shares of one key, which don't give it: one was forged together with its checksum
 * - `unreachable`: the device doesn't answer now; trying again may help
 */
export type KeyErrorCode = keyof typeof faults

/** Whatever goes wrong with keys; callers switch on `code`, the message is for the log. */
export class KeyError extends Error {
  readonly code: KeyErrorCode
  readonly fault: Fault

  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KeyError'
    this.code = code
    this.fault = faults[code]
  }
}

/**
 * - `unknown-format`: not a file of docs/formats.md section 11, or of a later version
 * - `wrong-key`: the key commitment in the header is another key's
 * - `altered`: a chunk doesn't authenticate: changed, moved, or taken from another file
 * - `truncated`: the bytes end before the last chunk does
 * - `extended`: bytes follow the last chunk
 */
export type EncryptedFileErrorCode =
  'unknown-format' | 'wrong-key' | 'altered' | 'truncated' | 'extended'

/** A stored file that can't be decrypted as a whole; none of the plaintext it covers was released. */
export class EncryptedFileError extends Error {
  readonly code: EncryptedFileErrorCode
  /** Index of the first chunk that fails, from 0; undefined where the header does. */
  readonly chunk: number | undefined
  readonly fault: Fault = 'fatal'

  constructor(code: EncryptedFileErrorCode, message: string, chunk?: number) {
    super(message)
    this.name = 'EncryptedFileError'
    this.code = code
    this.chunk = chunk
  }
}
