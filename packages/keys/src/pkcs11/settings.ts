/** Where the user PIN of a token comes from; never the environment or a process's arguments. */
export type PinSource =
  /** A credential of the service manager: the file `$CREDENTIALS_DIRECTORY/NAME`. */
  | { readonly credential: string }
  /** A file that only its owner may read. */
  | { readonly file: string }
  /** The terminal, without echo. */
  | { readonly prompt: true }

/** By what a wrapping key of the token encloses; the first that the token offers, unless one is named. */
export const enclosings = ['aes-256-gcm', 'aes-256-key-wrap-pad', 'rsa-3072-oaep'] as const
export type Enclosing = (typeof enclosings)[number]

export interface TokenSettings {
  /** Path of the maker's PKCS#11 module, as `/usr/lib/softhsm/libsofthsm2.so`. */
  readonly module: string
  /** The token's label or serial number; both where one alone is ambiguous. */
  readonly tokenLabel?: string | undefined
  readonly tokenSerial?: string | undefined
  readonly pin: PinSource
  /** Calls that the device may work on at once, 1 to 16; 4 when it isn't given. */
  readonly sessions?: number | undefined
  /** Enclose new wrapping keys by this one only. */
  readonly enclosing?: Enclosing | undefined
}
