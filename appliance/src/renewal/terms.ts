import {
  EvidenceError,
  parseToken,
  verifyOutsideToken,
  type EvidenceCrypto,
} from '@probant/evidence'
import type { Queryable } from '../store/journal.ts'
import { keepTerms, tokensWithoutTerms, type TokenTerms } from '../store/token-terms.ts'

const READ_AT_ONCE = 200

/** What a token rests on; undefined where its path can't be read, which box fsck names. */
export async function termsOf(
  crypto: EvidenceCrypto,
  { token, path }: { readonly token: Uint8Array; readonly path: readonly Uint8Array[] },
): Promise<TokenTerms | undefined> {
  try {
    const imprint = parseToken(token).imprint.hash
    const { holdsUntilMs, algorithms } = await verifyOutsideToken(crypto, token, {
      imprint,
      imprintAlgorithm: 'sha512',
      roots: path.slice(-1),
      certificates: path,
      lists: [],
    })
    return holdsUntilMs === undefined ? undefined : { pathEndsMs: holdsUntilMs, algorithms }
  } catch (error) {
    if (error instanceof EvidenceError) return undefined
    throw error
  }
}

/** Reads what the tokens rest on that came since. */
export async function readNewTerms(client: Queryable, crypto: EvidenceCrypto): Promise<void> {
  for (;;) {
    const unread = await tokensWithoutTerms(client, READ_AT_ONCE)
    let read = 0
    for (const each of unread) {
      const terms = await termsOf(crypto, each)
      if (terms === undefined) continue
      await keepTerms(client, each.sha256, terms)
      read += 1
    }
    if (unread.length < READ_AT_ONCE || read === 0) return
  }
}
