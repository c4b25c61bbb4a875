import { KeyError } from '../errors.ts'
import type { AttributeValue, Cryptoki, Handle } from './cryptoki.ts'

/** Handles that are asked for at once. */
const STEP = 64

export function findObjects(
  cryptoki: Cryptoki,
  session: Handle,
  template: readonly AttributeValue[],
): Handle[] {
  cryptoki.C_FindObjectsInit(session, template)
  try {
    const found: Handle[] = []
    for (;;) {
      const more = cryptoki.C_FindObjects(session, STEP)
      found.push(...more)
      if (more.length < STEP) return found
    }
  } finally {
    cryptoki.C_FindObjectsFinal(session)
  }
}

/** Attributes as the token gave them; numbers are little-endian as the machine has them. */
export interface Attributes {
  bytes(type: number): Buffer
  number(type: number): number
  is(type: number): boolean
}

/** @throws errors of the binding, also where the object lacks one of the attributes */
export function attributesOf(
  cryptoki: Cryptoki,
  session: Handle,
  object: Handle,
  types: readonly number[],
): Attributes {
  const values = cryptoki.C_GetAttributeValue(
    session,
    object,
    types.map((type) => ({ type })),
  )
  const bytes = (type: number): Buffer => {
    const found = values.find((each) => each.type === type)
    if (found === undefined) {
      throw new KeyError('unreadable-key', `the token gave no attribute 0x${type.toString(16)}`)
    }
    return found.value
  }
  return {
    bytes,
    number: (type) => bytes(type).readUInt32LE(),
    is: (type) => bytes(type)[0] === 1,
  }
}
