import { spawnSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatPem, parseToken, utf8, verifyToken } from '../src/index.ts'
import type { EvidenceCrypto, TokenVerification } from '../src/index.ts'
import { makeAuthority, type TestCertificate } from './authority.ts'
import { testCrypto } from './test-crypto.ts'

// What is asked of tokens, of ours and of openssl.

/** With RSA too, which authorities outside use. */
export const crypto: EvidenceCrypto = {
  ...testCrypto,
  verify: (algorithm, publicKey, message, signature) => {
    if (!algorithm.startsWith('rsa-pkcs1')) {
      return testCrypto.verify(algorithm, publicKey, message, signature)
    }
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    const digest = algorithm.slice(algorithm.lastIndexOf('-') + 1)
    return Promise.resolve(verify(digest, message, key, signature) ? 'valid' : 'invalid')
  },
}

export const data = utf8('the bytes that were stamped')
export const imprint = testCrypto.hash('sha256', data)
export const { root, certificate } = await makeAuthority()

export async function judge(
  token: Uint8Array,
  roots: readonly TestCertificate[] = [root],
  others: readonly TestCertificate[] = [],
): Promise<TokenVerification> {
  return verifyToken(crypto, token, {
    imprint,
    roots: roots.map((each) => each.der),
    certificates: others.map((each) => each.der),
  })
}

/** `valid`, the code of what is wrong, or `cannot-tell`. */
export async function answer(...parameters: Parameters<typeof judge>): Promise<string> {
  const { verdict } = await judge(...parameters)
  return verdict.status === 'invalid' ? verdict.code : verdict.status
}

/** What openssl answers for the same token at its own time. */
export function opensslAccepts(
  token: Uint8Array,
  roots: readonly TestCertificate[],
  others: readonly TestCertificate[],
): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'probant-ts-'))
  const pem = (list: readonly TestCertificate[]): string =>
    list.map((each) => formatPem(each.der, 'CERTIFICATE')).join('')
  writeFileSync(join(folder, 'token.tst'), token)
  writeFileSync(join(folder, 'data'), data)
  writeFileSync(join(folder, 'roots.pem'), pem(roots))
  writeFileSync(join(folder, 'others.pem'), pem(others))
  const at = String(Date.parse(parseToken(token).genTime) / 1000)
  const words = `ts -verify -data data -in token.tst -token_in -CAfile roots.pem -attime ${at}`
  const more = others.length > 0 ? ['-untrusted', 'others.pem'] : []
  const { status } = spawnSync('openssl', [...words.split(' '), ...more], { cwd: folder })
  rmSync(folder, { recursive: true })
  return status === 0
}
