import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { concat, lengthPrefixed, utf8 } from '@probant/evidence'
import { KeyError } from './errors.ts'

const INDEX_KEY = utf8('probant/blind-index/v1')
const ENTRY_BYTES = 16
const MOST_TERM_BYTES = 1024

/** What a term is, so that the same letters as a word and as a trigram don't meet in the index. */
export type TermKind = 'word' | 'stem' | 'trigram' | 'folder'

/** The key of a vault's blind index, from the vault's key: another generation is another index. */
export function blindIndexKey(vaultKey: KeyObject): KeyObject {
  return createSecretKey(
    new Uint8Array(hkdfSync('sha256', vaultKey, new Uint8Array(0), INDEX_KEY, 32)),
  )
}

/**
 * What stands in the index for a term (docs/formats.md section 11): 16 bytes, which say nothing of the term without the key.
 * @param term already folded by the caller (case, accents, stem); Unicode NFC, 1 to 1,024 bytes of UTF-8
 * @throws KeyError `wrong-size` for an empty or too long term, or one that isn't NFC and would never be found again
 */
export function blindIndexEntry(indexKey: KeyObject, kind: TermKind, term: string): Uint8Array {
  const bytes = utf8(term)
  if (bytes.length === 0 || bytes.length > MOST_TERM_BYTES || term !== term.normalize('NFC'))
    throw new KeyError('wrong-size', 'a term of the index is 1 to 1,024 bytes in Unicode NFC')
  const message = concat(lengthPrefixed(utf8(kind)), lengthPrefixed(bytes))
  return createHmac('sha256', indexKey).update(message).digest().subarray(0, ENTRY_BYTES)
}
