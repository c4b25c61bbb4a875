import { toHex, type Hashing } from '@probant/evidence'
import type { AcceptedToken } from '@probant/timestamping'

/** A token of an authority outside with the digest by which traces name it. */
export interface NamedToken extends AcceptedToken {
  readonly sha256: Uint8Array
}

export const named = (hashing: Hashing, tokens: readonly AcceptedToken[]): NamedToken[] =>
  tokens.map((each) => ({ ...each, sha256: hashing.hash('sha256', each.token) }))

/** As traces name them (formats.md section 4). */
export const inTrace = (tokens: readonly NamedToken[]) =>
  tokens.map(({ authority, sha256, genTime }) => ({
    authority,
    sha256: toHex(sha256),
    time: genTime,
  }))
