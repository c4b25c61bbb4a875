import type { Handle } from '../cryptoki.ts'
import type { Enclosing } from '../settings.ts'
import type { Token } from '../token.ts'

/** A key of the token that encloses, and by what it was made to. */
export interface WrappingKey {
  readonly kind: 'wrapping-aes-256'
  readonly label: string
  readonly key: Handle
  readonly enclosing: Enclosing
}

/**
 * One way to enclose (docs/formats.md section 11): the associated data are bound by each, whatever the token makes of them.
 * `open` throws KeyError `altered` for bytes that aren't what `enclose` gave under the same key and data; both throw errors of the binding.
 */
export interface EnclosingMethod {
  enclose(
    token: Token,
    key: WrappingKey,
    plaintext: Uint8Array,
    associatedData: Uint8Array,
  ): Promise<Uint8Array>
  open(
    token: Token,
    key: WrappingKey,
    enclosed: Uint8Array,
    associatedData: Uint8Array,
  ): Promise<Uint8Array>
}
