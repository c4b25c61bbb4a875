import { KeyError } from './errors.ts'

/** The labels that `KeyProvider.generate` takes; none can leave the folder or hide in it. */
const labelGrammar = /^[a-z0-9][a-z0-9.-]{0,63}$/

/** @throws KeyError `invalid-label` */
export function checkLabel(label: string): void {
  if (!labelGrammar.test(label)) {
    throw new KeyError('invalid-label', 'a label is 1–64 characters of [a-z0-9.-], no dot first')
  }
}
