import { createHash, hash, verify, type KeyObject } from 'node:crypto'
import type { Answer, EvidenceCrypto } from '@probant/evidence'
import { engineAnswers, readPublicKey, schemeOf, type Scheme } from './signature-schemes.ts'

/**
 * The evidence package's cryptography by node:crypto.
 *
 * `verify` never rejects: an algorithm that isn't known here, or that this machine's OpenSSL lacks,
 * is *can't tell*; a key or signature that is malformed for its algorithm is *invalid*.
 */
export const nodeCrypto: EvidenceCrypto = {
  // As text and back: the runtime takes longer to hand out a buffer than to hash a trace.
  hash: (name, bytes) => fromLatin1(hash(name, bytes, 'binary')),

  incremental(name) {
    const hashing = createHash(name)
    return {
      update(bytes) {
        hashing.update(bytes)
      },
      digest: () => hashing.digest(),
    }
  },

  async verify(algorithm, publicKey, message, signature) {
    const scheme = schemeOf(algorithm)
    if (scheme === undefined) return 'cannot-tell'
    const key = readPublicKey(scheme, publicKey)
    if (key === undefined) return malformed(scheme)
    const answer = await check(scheme, key, message, signature)
    return answer ?? malformed(scheme)
  },
}

function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

/** What fails to parse is invalid only if this machine could have parsed it. */
function malformed(scheme: Scheme): Answer {
  return engineAnswers(scheme) ? 'invalid' : 'cannot-tell'
}

/** In the thread pool, so that no verification blocks the event loop; undefined when OpenSSL refuses to answer. */
function check(
  scheme: Scheme,
  key: KeyObject,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    try {
      verify(scheme.digest, message, { key, ...scheme.options }, signature, (error, holds) => {
        if (error !== null) resolve(undefined)
        else resolve(holds ? 'valid' : 'invalid')
      })
    } catch {
      resolve(undefined)
    }
  })
}
