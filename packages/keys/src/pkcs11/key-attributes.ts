import { answerOf, type Cryptoki, type Handle } from './cryptoki.ts'
import { Answer, Attribute, ObjectClass } from './constants.ts'
import { attributesOf, findObjects } from './objects.ts'
import type { FaultyKey } from './requests.ts'

/** What each attribute of a private or secret key has to be, and what it means where it isn't. */
const wanted = [
  [Attribute.sensitive, true, 'it is not CKA_SENSITIVE'],
  [Attribute.extractable, false, 'it is CKA_EXTRACTABLE'],
  [Attribute.alwaysSensitive, true, 'it was not always sensitive (no CKA_ALWAYS_SENSITIVE)'],
  [Attribute.neverExtractable, true, 'it was extractable once (no CKA_NEVER_EXTRACTABLE)'],
  [Attribute.local, true, 'it was not generated in the token (no CKA_LOCAL)'],
] as const

/**
 * Why others than the token may have a key, by its attributes; empty when none may. A token that doesn't tell is no better than one that
 * says so.
 * @throws errors of the binding
 */
export function faultsOf(cryptoki: Cryptoki, session: Handle, key: Handle): string[] {
  return wanted
    .filter(([attribute, value]) => told(cryptoki, session, key, attribute) !== value)
    .map(([, , fault]) => fault)
}

/** The keys of the token, whoever made them, that others may have. @throws errors of the binding */
export function faultyKeys(cryptoki: Cryptoki, session: Handle): FaultyKey[] {
  return [ObjectClass.privateKey, ObjectClass.secretKey]
    .flatMap((type) =>
      findObjects(cryptoki, session, [
        { type: Attribute.class, value: type },
        { type: Attribute.token, value: true },
      ]),
    )
    .flatMap((key) => faultyKey(cryptoki, session, key))
    .filter(({ faults }) => faults.length > 0)
}

function faultyKey(cryptoki: Cryptoki, session: Handle, key: Handle): FaultyKey[] {
  try {
    const label = attributesOf(cryptoki, session, key, [Attribute.label]).bytes(Attribute.label)
    return [{ label: label.toString('utf8'), faults: faultsOf(cryptoki, session, key) }]
  } catch (error) {
    // Another process destroyed it since it was listed.
    if (answerOf(error) === Answer.objectHandleInvalid) return []
    throw error
  }
}

function told(cryptoki: Cryptoki, session: Handle, key: Handle, attribute: number) {
  try {
    return attributesOf(cryptoki, session, key, [attribute]).is(attribute)
  } catch (error) {
    const answer = answerOf(error)
    if (answer === Answer.attributeTypeInvalid || answer === Answer.attributeSensitive) return
    throw error
  }
}
