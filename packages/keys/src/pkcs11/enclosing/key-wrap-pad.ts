import { systemRandomness } from '@probant/host/randomness'
import { openSealed, seal } from '../../sealed-bytes.ts'
import { Attribute, KeyType, Mechanism, ObjectClass } from '../constants.ts'
import type { AttributeValue, Handle } from '../cryptoki.ts'
import { attributesOf } from '../objects.ts'
import type { Token } from '../token.ts'
import { altered, bodyOf, headOf, openedBy } from './form.ts'
import type { EnclosingMethod, WrappingKey } from './method.ts'

const NAME = 'aes-256-key-wrap-pad'
/** RFC 5649 over 32 bytes. */
const WRAPPED_BYTES = 40

/**
 * head ‖ wrapped ‖ sealed: the plaintext is sealed by AES-256-GCM in this process under a fresh key, which is wrapped in the token
 * (RFC 5649). Head, wrapped key and associated data are what the seal is bound to.
 */
export const keyWrapPad: EnclosingMethod = {
  async enclose(token, key, plaintext, associatedData) {
    const fresh = Buffer.from(systemRandomness.bytes(32))
    try {
      const front = Buffer.concat([headOf(NAME), await wrap(token, key, fresh)])
      const sealed = seal(
        fresh,
        plaintext,
        Buffer.concat([front, associatedData]),
        systemRandomness,
      )
      return Buffer.concat([front, sealed])
    } finally {
      fresh.fill(0)
    }
  },

  async open(token, key, enclosed, associatedData) {
    const body = bodyOf(NAME, enclosed)
    if (body.length < WRAPPED_BYTES) throw altered()
    const wrapped = body.subarray(0, WRAPPED_BYTES)
    const fresh = await openedBy(
      () => unwrap(token, key, wrapped),
      async () => unwrap(token, key, await wrap(token, key, Buffer.alloc(32, 1))),
    )
    try {
      const front = Buffer.concat([headOf(NAME), wrapped])
      return openSealed(fresh, body.subarray(WRAPPED_BYTES), Buffer.concat([front, associatedData]))
    } finally {
      fresh.fill(0)
    }
  },
}

/** Lives in its session only, and may be read: this process makes or opens it. */
const passing: readonly AttributeValue[] = [
  { type: Attribute.class, value: ObjectClass.secretKey },
  { type: Attribute.keyType, value: KeyType.genericSecret },
  { type: Attribute.token, value: false },
  { type: Attribute.private, value: true },
  { type: Attribute.sensitive, value: false },
  { type: Attribute.extractable, value: true },
]

function wrap(token: Token, { key }: WrappingKey, secret: Buffer): Promise<Buffer> {
  const { cryptoki } = token
  return token.use(async (session) => {
    const object = cryptoki.C_CreateObject(session, [
      ...passing,
      { type: Attribute.value, value: secret },
    ])
    return destroyed(token, session, object, () =>
      cryptoki.C_WrapKeyAsync(
        session,
        { mechanism: Mechanism.aesKeyWrapPad },
        key,
        object,
        Buffer.alloc(WRAPPED_BYTES),
      ),
    )
  })
}

function unwrap(token: Token, { key }: WrappingKey, wrapped: Buffer): Promise<Buffer> {
  const { cryptoki } = token
  return token.use(async (session) => {
    const mechanism = { mechanism: Mechanism.aesKeyWrapPad }
    const object = await cryptoki.C_UnwrapKeyAsync(session, mechanism, key, wrapped, passing)
    return destroyed(token, session, object, () => {
      const secret = attributesOf(cryptoki, session, object, [Attribute.value])
      return Promise.resolve(secret.bytes(Attribute.value))
    })
  })
}

async function destroyed<T>(
  { cryptoki }: Token,
  session: Handle,
  object: Handle,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } finally {
    cryptoki.C_DestroyObject(session, object)
  }
}
