import { hash, timingSafeEqual } from 'node:crypto'
import { KeyError } from '../../errors.ts'
import type { Enclosing } from '../settings.ts'
import { answerOf } from '../cryptoki.ts'
import { Answer } from '../constants.ts'

/** First byte of everything enclosed in a token; 1 is the software provider's form. */
const IN_TOKEN = 2
const mechanismBytes: Readonly<Record<Enclosing, number>> = {
  'aes-256-gcm': 1,
  'aes-256-key-wrap-pad': 2,
  'rsa-3072-oaep': 3,
}
const HASH_BYTES = 32

export const headOf = (enclosing: Enclosing): Uint8Array =>
  Uint8Array.of(IN_TOKEN, mechanismBytes[enclosing])

/** What follows the head. @throws KeyError `altered` for another head */
export function bodyOf(enclosing: Enclosing, enclosed: Uint8Array): Buffer {
  const [version, mechanism] = enclosed
  if (version !== IN_TOKEN || mechanism !== mechanismBytes[enclosing]) {
    throw altered()
  }
  return Buffer.from(enclosed.subarray(2))
}

/** The plaintext with what it is bound to in front, for a mechanism that is not trusted to bind it. */
export const bound = (
  enclosing: Enclosing,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array => Buffer.concat([binding(enclosing, associatedData), plaintext])

/** The plaintext of `bound`. @throws KeyError `altered` when it was bound to something else */
export function unbound(
  enclosing: Enclosing,
  opened: Uint8Array,
  associatedData: Uint8Array,
): Uint8Array {
  const isBound =
    opened.length >= HASH_BYTES &&
    timingSafeEqual(opened.subarray(0, HASH_BYTES), binding(enclosing, associatedData))
  if (!isBound) throw altered()
  return opened.subarray(HASH_BYTES)
}

const binding = (enclosing: Enclosing, associatedData: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([headOf(enclosing), associatedData]), 'buffer')

export const altered = (cause?: unknown): KeyError =>
  new KeyError('altered', 'the enclosed bytes were changed or bound to something else', { cause })

const saysAltered: readonly (number | undefined)[] = [
  Answer.dataInvalid,
  Answer.dataLengthRange,
  Answer.encryptedDataInvalid,
  Answer.encryptedDataLengthRange,
  Answer.wrappedKeyInvalid,
  Answer.wrappedKeyLengthRange,
]
const saysNothing: readonly (number | undefined)[] = [Answer.generalError, Answer.functionFailed]

/**
 * The outcome of `opening`. Where the token only says that it failed, `works` decides whether it is the bytes or the token:
 * an outage must never be taken for an alteration.
 * @throws KeyError `altered`; errors of the binding
 */
export async function openedBy<T>(
  opening: () => Promise<T>,
  works: () => Promise<unknown>,
): Promise<T> {
  try {
    return await opening()
  } catch (error) {
    const answer = answerOf(error)
    if (saysAltered.includes(answer)) throw altered(error)
    if (!saysNothing.includes(answer)) throw error
    await works()
    throw altered(error)
  }
}
