import { KeyError } from './errors.ts'
import type { KeyRef } from './provider.ts'

const MOST_ENCLOSED_BYTES = 4096
const MOST_RANDOM_BYTES = 65_536

/** The labels that `KeyProvider.generate` takes; none can leave the folder or hide in it. */
const labelGrammar = /^[a-z0-9][a-z0-9.-]{0,63}$/

/** @throws KeyError `invalid-label` */
export function checkLabel(label: string): void {
  if (!labelGrammar.test(label)) {
    throw new KeyError('invalid-label', 'a label is 1–64 characters of [a-z0-9.-], no dot first')
  }
}

/** What `KeyProvider.enclose` takes. @throws KeyError `wrong-size` */
export function checkEnclosable(plaintext: Uint8Array): void {
  if (plaintext.length > MOST_ENCLOSED_BYTES) {
    throw new KeyError('wrong-size', `at most ${MOST_ENCLOSED_BYTES} bytes can be enclosed`)
  }
}

/** What `KeyProvider.random` gives at once. @throws KeyError `wrong-size` */
export function checkRandomBytes(n: number): void {
  if (!Number.isInteger(n) || n < 0 || n > MOST_RANDOM_BYTES) {
    throw new KeyError('wrong-size', `${n} isn't a number of bytes up to ${MOST_RANDOM_BYTES}`)
  }
}

export function wrongKind({ kind, label }: KeyRef, why: string): KeyError {
  return new KeyError('wrong-kind', `the ${kind} key ${label} ${why}`)
}
