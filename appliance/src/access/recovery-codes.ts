import { utf8, type EvidenceCrypto } from '@probant/evidence'
import type { Randomness } from '@probant/host'

const CODES = 10
/** Without letters that are taken for digits. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const LETTERS = 16

/** Ten codes of 80 random bits each, in four groups of four letters. */
export function makeRecoveryCodes(randomness: Randomness): string[] {
  return Array.from({ length: CODES }, () =>
    [...randomness.bytes(LETTERS)]
      .map((byte) => ALPHABET[byte % ALPHABET.length] ?? '')
      .join('')
      .replace(/(.{4})(?=.)/g, '$1-'),
  )
}

/** What is kept of a code. Spaces, hyphens and case don't count: it is typed from paper. */
export function recoveryCodeDigest(crypto: EvidenceCrypto, code: string): Uint8Array {
  const letters = code.toUpperCase().replace(/[\s-]/g, '')
  return crypto.hash('sha256', utf8(`probant/recovery-code/v1\n${letters}`))
}
