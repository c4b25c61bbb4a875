import { equalBytes, toHex, utf8 } from './bytes.ts'
import { isOrigin, parseCheckpoint, type Checkpoint } from './checkpoint.ts'
import { verifyCosignatures } from './cosignature.ts'
import type { EvidenceCrypto, Hashing } from './crypto.ts'
import { canonicalBytes, parseCanonical } from './jcs.ts'
import { Members, requireFormat1 } from './members.ts'
import { verifyConsistency } from './merkle-verification.ts'
import { parseNote } from './note.ts'
import { cannotTell, invalid, valid, verdictOf, type Verdict } from './verdict.ts'
import type { VerifierKey } from './vkey.ts'

/** A head that a witness cosigned, as its own log states it: formats.md section 22. */
export interface CosignedHeadEntry {
  readonly origin: string
  readonly size: number
  /** Hex of 32 bytes. */
  readonly root: string
  /** POSIX seconds, those of the cosignature. */
  readonly time: number
  /** SHA-256 of the checkpoint's text, hex. */
  readonly checkpointSha256: string
}

const members = ['checkpointSha256', 'format', 'origin', 'root', 'size', 'time']

/** The log of the witness whose keys have this name. */
export function headLogOrigin(witnessName: string): string {
  return `${witnessName}/heads/1`
}

/**
 * The leaf for a cosignature: whoever holds the checkpoint and the time in the cosignature can make it again.
 * @throws EvidenceError `malformed-checkpoint`
 */
export function headLogLeaf(h: Hashing, checkpointText: string, time: number): Uint8Array {
  const { origin, size, root } = parseCheckpoint(checkpointText)
  const checkpointSha256 = toHex(h.hash('sha256', utf8(checkpointText)))
  return canonicalBytes({ checkpointSha256, format: 1, origin, root: toHex(root), size, time })
}

/** What a leaf says. EvidenceError `malformed-log-entry`, or as parseCanonical. */
export function parseHeadLogLeaf(bytes: Uint8Array): CosignedHeadEntry {
  const value = parseCanonical(bytes)
  requireFormat1(value, 'malformed-log-entry', 'entry')
  const entry = new Members(value, 'malformed-log-entry', 'entry', members)
  const origin = entry.text('origin')
  if (!isOrigin(origin)) throw entry.wrong('origin', 'an origin')
  return {
    origin,
    size: entry.integer('size'),
    root: entry.hex('root', 32),
    time: entry.integer('time'),
    checkpointSha256: entry.hex('checkpointSha256', 32),
  }
}

/** What came of checking a checkpoint of such a log. */
export interface HeadLogVerification {
  readonly verdict: Verdict
  /** Where it could be read. */
  readonly checkpoint?: Checkpoint
  /** When it was signed, by the centre's clock, POSIX seconds; where a signature is good. */
  readonly timestamp?: number | null
}

/** Whether a witness signed this checkpoint of its own log: a good line by one of its keys, and none that is bad. */
export async function verifyHeadLogNote(
  crypto: EvidenceCrypto,
  text: string,
  witnessKeys: readonly VerifierKey[],
): Promise<HeadLogVerification> {
  try {
    const note = parseNote(text)
    const checkpoint = parseCheckpoint(note.text)
    const own = witnessKeys.filter(({ name }) => headLogOrigin(name) === checkpoint.origin)
    if (own.length === 0) {
      const what = `the log ${checkpoint.origin} is not that of a known witness`
      return { verdict: invalid('wrong-key', what), checkpoint }
    }
    const lines = await verifyCosignatures(crypto, note, own)
    const good = lines.find(({ answer }) => answer === 'valid')
    if (lines.some(({ answer }) => answer === 'invalid'))
      return { verdict: invalid('bad-signature', 'a signature that is not valid'), checkpoint }
    if (good !== undefined) return { verdict: valid, checkpoint, timestamp: good.timestamp }
    const verdict =
      lines.length === 0
        ? invalid('wrong-key', 'no signature by a known key')
        : cannotTell('a way to check the signatures')
    return { verdict, checkpoint }
  } catch (error) {
    return { verdict: verdictOf(error) }
  }
}

/**
 * - `consistent`: one log can have had both heads;
 * - `split-view`: it can't, and the two signed heads show it to anybody;
 * - `not-shown`: nothing that was given shows that the larger contains the smaller.
 */
export type HeadLogComparison = 'consistent' | 'split-view' | 'not-shown'

/** Compares two heads of one log. @param proof RFC 9162 consistency from the smaller to the larger, where somebody gave one */
export function compareHeads(
  h: Hashing,
  one: Checkpoint,
  other: Checkpoint,
  proof?: readonly Uint8Array[],
): HeadLogComparison {
  const [small, large] = one.size <= other.size ? [one, other] : [other, one]
  if (small.size === large.size)
    return equalBytes(small.root, large.root) ? 'consistent' : 'split-view'
  if (small.size === 0) return 'consistent'
  const sizes = [BigInt(small.size), BigInt(large.size)] as const
  return proof !== undefined && verifyConsistency(h, ...sizes, proof, small.root, large.root)
    ? 'consistent'
    : 'not-shown'
}
