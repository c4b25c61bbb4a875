import { constants, publicEncrypt, verify, type KeyObject } from 'node:crypto'
import { systemRandomness } from '@probant/host/randomness'
import { KeyError } from '../../errors.ts'
import { openSealed, seal } from '../../sealed-bytes.ts'
import { Attribute, Mechanism, Oaep, ObjectClass, Parameters, RSA_BYTES } from '../constants.ts'
import { answerOf, type MechanismChoice } from '../cryptoki.ts'
import { ecPublicKey, ecSign, RAW_SIGNATURE_BYTES } from '../ec-keys.ts'
import { companionLabel } from '../generation.ts'
import { findObjects } from '../objects.ts'
import { rsaPublicKey } from '../rsa-keys.ts'
import type { Token } from '../token.ts'
import { altered, bodyOf, headOf, openedBy } from './form.ts'
import type { EnclosingMethod, WrappingKey } from './method.ts'

const NAME = 'rsa-3072-oaep'
/** Hash of OAEP and of its mask; SHA-256 where the token can, and SHA-1, whose weakness doesn't touch OAEP, where it can't. */
const hashes = {
  sha256: { byte: 1, hashAlg: Mechanism.sha256, mgf: Oaep.mgf1Sha256 },
  sha1: { byte: 2, hashAlg: Mechanism.sha1, mgf: Oaep.mgf1Sha1 },
} as const
type Hash = keyof typeof hashes

/**
 * head ‖ hash ‖ encrypted ‖ sealed ‖ signature: the plaintext is sealed by AES-256-GCM in this process under a fresh key, which is
 * encrypted to the token's RSA key. Anybody may encrypt to that, so the whole is signed by a companion key of the token:
 * who writes the database can't bring in a key of their own.
 */
export const rsaOaep: EnclosingMethod = {
  async enclose(token, key, plaintext, associatedData) {
    const publicKey = await rsaPublicKey(token, key.label)
    const hash = await hashOf(token, key, publicKey)
    const fresh = Buffer.from(systemRandomness.bytes(32))
    try {
      const encrypted = encrypt(publicKey, hash, fresh)
      const front = Buffer.concat([headOf(NAME), Uint8Array.of(hashes[hash].byte), encrypted])
      const sealed = seal(
        fresh,
        plaintext,
        Buffer.concat([front, associatedData]),
        systemRandomness,
      )
      const whole = Buffer.concat([front, sealed])
      const companion = await companionKey(token, key.label)
      return Buffer.concat([whole, await ecSign(token, companion, signed(whole, associatedData))])
    } finally {
      fresh.fill(0)
    }
  },

  async open(token, key, enclosed, associatedData) {
    const body = bodyOf(NAME, enclosed)
    const hash = (['sha256', 'sha1'] as const).find((one) => hashes[one].byte === body[0])
    const sealedAt = 1 + RSA_BYTES
    const signatureAt = body.length - RAW_SIGNATURE_BYTES
    if (hash === undefined || signatureAt < sealedAt) throw altered()
    await checkOrigin(token, key.label, Buffer.from(enclosed), associatedData)
    const fresh = await openedBy(
      () => decrypt(token, key, hash, body.subarray(1, sealedAt)),
      async () => hashOf(token, key, await rsaPublicKey(token, key.label)),
    )
    try {
      const front = Buffer.concat([headOf(NAME), body.subarray(0, sealedAt)])
      const sealed = body.subarray(sealedAt, signatureAt)
      return openSealed(fresh, sealed, Buffer.concat([front, associatedData]))
    } finally {
      fresh.fill(0)
    }
  },
}

/** The first hash by which the token opens what was encrypted for it. */
async function hashOf(token: Token, key: WrappingKey, publicKey: KeyObject): Promise<Hash> {
  const probe = Buffer.from('probe')
  let refusal: unknown
  for (const hash of ['sha256', 'sha1'] as const) {
    try {
      const opened = await decrypt(token, key, hash, encrypt(publicKey, hash, probe))
      if (opened.equals(probe)) return hash
    } catch (error) {
      if (answerOf(error) === undefined) throw error
      refusal = error
    }
  }
  throw new KeyError('unreachable', 'the token opens no RSA-OAEP', { cause: refusal })
}

function encrypt(publicKey: KeyObject, hash: Hash, data: Buffer): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  return publicEncrypt({ key: publicKey, padding, oaepHash: hash }, data)
}

function decrypt(token: Token, key: WrappingKey, hash: Hash, data: Buffer): Promise<Buffer> {
  const { hashAlg, mgf } = hashes[hash]
  const mechanism: MechanismChoice = {
    mechanism: Mechanism.rsaOaep,
    parameter: { type: Parameters.oaep, hashAlg, mgf, source: Oaep.dataSpecified },
  }
  return token.use((session) => {
    token.cryptoki.C_DecryptInit(session, mechanism, key.key)
    return token.cryptoki.C_DecryptAsync(session, data, Buffer.alloc(RSA_BYTES))
  })
}

const signed = (whole: Uint8Array, associatedData: Uint8Array): Uint8Array =>
  Buffer.concat([
    Buffer.from('probant/enclosed/v2'),
    Uint8Array.of(whole.length >> 8, whole.length & 0xff),
    whole,
    associatedData,
  ])

function companionKey(token: Token, label: string) {
  return token.use((session) => {
    const [key] = findObjects(token.cryptoki, session, [
      { type: Attribute.class, value: ObjectClass.privateKey },
      { type: Attribute.label, value: Buffer.from(companionLabel(label)) },
    ])
    if (key === undefined) {
      throw new KeyError('unreadable-key', `the token lost the key beside ${label}`)
    }
    return Promise.resolve(key)
  })
}

async function checkOrigin(
  token: Token,
  label: string,
  enclosed: Buffer,
  associatedData: Uint8Array,
): Promise<void> {
  const key = await ecPublicKey(token, companionLabel(label))
  const whole = enclosed.subarray(0, -RAW_SIGNATURE_BYTES)
  const signature = enclosed.subarray(-RAW_SIGNATURE_BYTES)
  const message = signed(whole, associatedData)
  if (!verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)) throw altered()
}
