import { concat, fromBase64, fromHex, lengthPrefixed, toBase64, toHex, utf8 } from './bytes.ts'
import type { Hashing } from './crypto.ts'
import { EvidenceError } from './errors.ts'
import { isJsonObject } from './jcs.ts'
import type { JsonValue } from './jcs.ts'

/** Two digests of one salted value, by unrelated algorithms, in hex (formats.md section 5). */
export type Commitment = { readonly sha256: string; readonly 'sha3-256': string }

/** What a commitment hides: field name, salt (hex of 32 bytes), value (base64). Erasing it keeps the trace as it is. */
export type Opening = { readonly field: string; readonly salt: string; readonly value: string }

const domain = lengthPrefixed(utf8('probant/commitment/v1'))
const saltBytes = 32

/**
 * Commits to a value.
 *
 * @param salt 32 fresh random bytes: without them anybody could try out likely values
 */
export function commit(h: Hashing, field: string, salt: Uint8Array, value: Uint8Array): Commitment {
  if (salt.length !== saltBytes) {
    throw new EvidenceError('malformed-commitment', `a salt of ${salt.length} bytes`)
  }
  const message = concat(
    domain,
    lengthPrefixed(utf8(field)),
    lengthPrefixed(salt),
    lengthPrefixed(value),
  )
  return {
    sha256: toHex(h.hash('sha256', message)),
    'sha3-256': toHex(h.hash('sha3-256', message)),
  }
}

/** The opening to keep (apart from the trace) for what was given to `commit`. */
export function openingOf(field: string, salt: Uint8Array, value: Uint8Array): Opening {
  return { field, salt: toHex(salt), value: toBase64(value) }
}

/** Whether a commitment hides exactly this opening: both digests match. A malformed opening matches nothing. */
export function openingMatches(h: Hashing, commitment: Commitment, opening: Opening): boolean {
  let computed: Commitment
  try {
    computed = commit(h, opening.field, fromHex(opening.salt), fromBase64(opening.value))
  } catch (error) {
    if (error instanceof EvidenceError) return false
    throw error
  }
  return computed.sha256 === commitment.sha256 && computed['sha3-256'] === commitment['sha3-256']
}

/** A commitment from JSON: exactly the two members, each 64 hex digits. */
export function parseCommitment(value: JsonValue | undefined, where = 'commitment'): Commitment {
  if (isJsonObject(value) && Object.keys(value).length === 2) {
    const { sha256, 'sha3-256': sha3 } = value
    if (isDigest(sha256) && isDigest(sha3)) return { sha256, 'sha3-256': sha3 }
  }
  throw new EvidenceError('malformed-commitment', `${where} is not a pair of digests`, { where })
}

/** An opening from JSON: exactly the three members, a salt of 64 hex digits, a value in padded base64. */
export function parseOpening(value: JsonValue | undefined, where = 'opening'): Opening {
  if (isJsonObject(value) && Object.keys(value).length === 3) {
    const { field, salt, value: hidden } = value
    if (typeof field === 'string' && isDigest(salt) && typeof hidden === 'string') {
      fromBase64(hidden)
      return { field, salt, value: hidden }
    }
  }
  throw new EvidenceError('malformed-commitment', `${where} is not an opening`, { where })
}

/** 32 bytes in lower-case hex. */
function isDigest(value: JsonValue | undefined): value is string {
  // A counted repetition takes many times as long, and every trace holds several.
  return typeof value === 'string' && value.length === 64 && /^[0-9a-f]+$/.test(value)
}
