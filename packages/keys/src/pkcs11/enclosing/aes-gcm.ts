import { systemRandomness } from '@probant/host/randomness'
import { Mechanism, Parameters } from '../constants.ts'
import type { MechanismChoice } from '../cryptoki.ts'
import type { Token } from '../token.ts'
import { altered, bodyOf, bound, headOf, openedBy, unbound } from './form.ts'
import type { EnclosingMethod, WrappingKey } from './method.ts'

const NAME = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** head ‖ nonce ‖ ciphertext ‖ tag, by AES-256-GCM inside the token; what it is bound to is part of the plaintext. */
export const aesGcm: EnclosingMethod = {
  async enclose(token, key, plaintext, associatedData) {
    const nonce = Buffer.from(systemRandomness.bytes(NONCE_BYTES))
    const data = Buffer.from(bound(NAME, plaintext, associatedData))
    try {
      return Buffer.concat([headOf(NAME), nonce, await encrypt(token, key, nonce, data)])
    } finally {
      data.fill(0)
    }
  },

  async open(token, key, enclosed, associatedData) {
    const body = bodyOf(NAME, enclosed)
    if (body.length < NONCE_BYTES + TAG_BYTES) throw altered()
    const nonce = body.subarray(0, NONCE_BYTES)
    const opened = await openedBy(
      () => decrypt(token, key, nonce, body.subarray(NONCE_BYTES)),
      async () => decrypt(token, key, nonce, await encrypt(token, key, nonce, Buffer.alloc(32))),
    )
    return unbound(NAME, opened, associatedData)
  },
}

function encrypt(token: Token, { key }: WrappingKey, nonce: Buffer, data: Buffer): Promise<Buffer> {
  return token.use((session) => {
    token.cryptoki.C_EncryptInit(session, mechanism(nonce), key)
    return token.cryptoki.C_EncryptAsync(session, data, Buffer.alloc(data.length + TAG_BYTES))
  })
}

function decrypt(token: Token, { key }: WrappingKey, nonce: Buffer, data: Buffer): Promise<Buffer> {
  return token.use((session) => {
    token.cryptoki.C_DecryptInit(session, mechanism(nonce), key)
    return token.cryptoki.C_DecryptAsync(session, data, Buffer.alloc(data.length))
  })
}

const mechanism = (nonce: Buffer): MechanismChoice => ({
  mechanism: Mechanism.aesGcm,
  parameter: {
    type: Parameters.gcmWithIvBits,
    iv: nonce,
    ivBits: NONCE_BYTES * 8,
    tagBits: TAG_BYTES * 8,
  },
})
