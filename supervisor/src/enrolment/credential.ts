import {
  constants,
  createCipheriv,
  createECDH,
  createHash,
  createHmac,
  publicEncrypt,
  type KeyObject,
} from 'node:crypto'
import { concat, u32be, utf8 } from '@probant/evidence'
import type { Randomness } from '@probant/host'
import { SupervisorError } from '../errors.ts'

/** A secret that one TPM alone can read, and only while it holds the named key. */
export interface Credential {
  /** Content of TPM2B_ID_OBJECT. */
  blob: Uint8Array
  /** Content of TPM2B_ENCRYPTED_SECRET. */
  secret: Uint8Array
}

/** Bytes of a seed: the digest of the endorsement key's name algorithm, SHA-256 in the templates that makers certify. */
const SEED_BYTES = 32
/** The label of both ways to send the seed ends with its zero byte (TPM 2.0 Library, part 1, appendices B.4 and C.6.4). */
const LABEL = utf8('IDENTITY\0')

/**
 * What TPM2_MakeCredential computes (part 1, section 24), for an endorsement key of the TCG's templates L-1 (RSA 2048) and L-2
 * (P-256): names by SHA-256, AES-128-CFB. Needs no TPM.
 * @param keyName Name of the key that has to be loaded beside it
 * @throws SupervisorError `enrolment` for an endorsement key of another kind
 */
export function makeCredential(
  endorsementKey: KeyObject,
  keyName: Uint8Array,
  challenge: Uint8Array,
  randomness: Randomness,
): Credential {
  const { seed, secret } = shareSeed(endorsementKey, randomness)
  const encryptionKey = kdfa(seed, 'STORAGE', keyName, 128)
  const cipher = createCipheriv('aes-128-cfb', encryptionKey, Buffer.alloc(16))
  const identity = concat(cipher.update(sized(challenge)), cipher.final())
  const integrityKey = kdfa(seed, 'INTEGRITY', new Uint8Array(), 256)
  const integrity = createHmac('sha256', integrityKey).update(identity).update(keyName).digest()
  return { blob: concat(sized(integrity), identity), secret }
}

function shareSeed(endorsementKey: KeyObject, randomness: Randomness) {
  const { asymmetricKeyType, asymmetricKeyDetails } = endorsementKey
  if (asymmetricKeyType === 'rsa' && asymmetricKeyDetails?.modulusLength === 2048) {
    const seed = randomness.bytes(SEED_BYTES)
    const { RSA_PKCS1_OAEP_PADDING: padding } = constants
    const how = { key: endorsementKey, padding, oaepHash: 'sha256', oaepLabel: LABEL }
    return { seed, secret: new Uint8Array(publicEncrypt(how, seed)) }
  }
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1')
    return shareByAgreement(endorsementKey)
  throw new SupervisorError(
    'enrolment',
    'the endorsement key is neither RSA of 2048 bits nor on P-256',
  )
}

/** A key pair made for this once; the seed is what both sides compute (part 1, appendix C.6.1). */
function shareByAgreement(endorsementKey: KeyObject) {
  // SPKI of a P-256 key ends with the uncompressed point: 0x04, x, y
  const point = endorsementKey.export({ type: 'spki', format: 'der' }).subarray(-65)
  const once = createECDH('prime256v1')
  const sent = once.generateKeys()
  const shared = once.computeSecret(point)
  const seed = createHash('sha256')
    .update(u32be(1))
    .update(shared)
    .update(LABEL)
    .update(sent.subarray(1, 33))
    .update(point.subarray(1, 33))
    .digest()
  return { seed, secret: concat(sized(sent.subarray(1, 33)), sized(sent.subarray(33))) }
}

/** KDFa with SHA-256 (part 1, section 11.4.10.2); one block is enough here. @param bits at most 256 */
function kdfa(key: Uint8Array, label: string, context: Uint8Array, bits: number): Uint8Array {
  const mac = createHmac('sha256', key)
    .update(u32be(1))
    .update(utf8(`${label}\0`))
    .update(context)
    .update(u32be(bits))
  return mac.digest().subarray(0, bits / 8)
}

/** A TPM2B: the length in two bytes, then the bytes. */
function sized(bytes: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes)
}
