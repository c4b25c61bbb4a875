import { concat, equalBytes, u64be, utf8 } from './bytes.ts'
import { parseCheckpoint } from './checkpoint.ts'
import type { Answer, EvidenceCrypto } from './crypto.ts'
import { EvidenceError } from './errors.ts'
import { isTreeHash } from './merkle.ts'
import { signatureLine } from './note.ts'
import type { Note, NoteSignature } from './note.ts'
import type { VerifierKey } from './vkey.ts'

/** What an ML-DSA-44 cosignature is made over, beyond its label. */
export interface CosignedCheckpoint {
  /** The cosigner's name. */
  readonly name: string
  /** POSIX seconds. */
  readonly timestamp: number
  readonly origin: string
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** A cosignature taken apart; its signature is not verified yet. */
export interface Cosignature {
  /** POSIX seconds, by the cosigner's clock. */
  readonly timestamp: number
  readonly signature: Uint8Array
}

/** What came of checking one cosignature of a known cosigner. */
export interface CosignatureFinding {
  readonly name: string
  /** 4 bytes. */
  readonly keyId: Uint8Array
  readonly type: 4 | 6
  /** POSIX seconds; null when the line is too short to hold a time or holds none that fits 53 bits. */
  readonly timestamp: number | null
  readonly answer: Answer
}

const timestampBytes = 8
const signatureBytes = { 4: 64, 6: 2420 }

/** The message of a type 4 cosignature: C2SP tlog-cosignature, "Ed25519 signed message". */
export function ed25519CosignatureMessage(noteText: string, timestamp: number): Uint8Array {
  checkTimestamp(timestamp)
  return utf8(`cosignature/v1\ntime ${timestamp}\n${noteText}`)
}

/** The message of a type 6 cosignature: C2SP tlog-cosignature, "ML-DSA-44 signed message", from leaf 0. */
export function mlDsaCosignatureMessage(cosigned: CosignedCheckpoint): Uint8Array {
  checkTimestamp(cosigned.timestamp)
  if (!isTreeHash(cosigned.root)) throw malformed('a root without 32 bytes')
  return concat(
    utf8('subtree/v1\n\0'),
    shortString(cosigned.name),
    u64be(cosigned.timestamp),
    shortString(cosigned.origin),
    u64be(0),
    u64be(cosigned.size),
    cosigned.root,
  )
}

/** The message that a cosigner's key of type 4 or 6 signs for a checkpoint's text. */
export function cosignatureMessage(
  key: { readonly name: string; readonly type: 4 | 6 },
  noteText: string,
  timestamp: number,
): Uint8Array {
  return key.type === 4
    ? ed25519CosignatureMessage(noteText, timestamp)
    : mlDsaCosignatureMessage({ ...parseCheckpoint(noteText), name: key.name, timestamp })
}

/** The signature line of a cosignature, without a newline: the blob is u64 timestamp ‖ signature. */
export function cosignatureLine(
  key: { readonly name: string; readonly keyId: Uint8Array },
  timestamp: number,
  signature: Uint8Array,
): string {
  checkTimestamp(timestamp)
  return signatureLine(key.name, key.keyId, concat(u64be(timestamp), signature))
}

/**
 * Takes a cosignature's blob apart.
 *
 * @throws EvidenceError 'malformed-cosignature' when it has not the length of type 4 or 6, or a time beyond 2^53 − 1
 */
export function parseCosignature({ blob }: Pick<NoteSignature, 'blob'>): Cosignature {
  const signature = blob.slice(timestampBytes)
  if (!Object.values(signatureBytes).includes(signature.length)) {
    throw malformed(`a signature of ${signature.length} bytes`)
  }
  const timestamp = timestampOf(blob)
  if (timestamp === null) throw malformed('a time beyond 2^53 seconds')
  return { timestamp, signature }
}

/**
 * Checks every signature line of the given witnesses' keys (types 4 and 6; other keys are passed over). One entry
 * for each line, in the note's order; lines of unknown keys give none. A line that can't be taken apart, or stands
 * under a text that is not a checkpoint, is 'invalid'.
 */
export async function verifyCosignatures(
  crypto: EvidenceCrypto,
  note: Note,
  witnessKeys: readonly VerifierKey[],
): Promise<CosignatureFinding[]> {
  const findings: CosignatureFinding[] = []
  for (const signature of note.signatures) {
    for (const key of witnessKeys) {
      const { type } = key
      if ((type !== 4 && type !== 6) || !isSignatureOf(signature, key)) continue
      findings.push({
        name: key.name,
        keyId: key.keyId,
        type,
        timestamp: timestampOf(signature.blob),
        answer: await checkCosignature(crypto, note, signature, { ...key, type }),
      })
    }
  }
  return findings
}

/** Whether a signature line is the given key's: same name and same key id. */
export function isSignatureOf(signature: NoteSignature, key: VerifierKey): boolean {
  return signature.name === key.name && equalBytes(signature.keyId, key.keyId)
}

/** The answer for one cosignature line of the given key. */
export async function checkCosignature(
  crypto: EvidenceCrypto,
  note: Note,
  { blob }: NoteSignature,
  key: VerifierKey & { readonly type: 4 | 6 },
): Promise<Answer> {
  if (blob.length !== timestampBytes + signatureBytes[key.type]) return 'invalid'
  let message: Uint8Array
  let signature: Uint8Array
  try {
    const cosignature = parseCosignature({ blob })
    signature = cosignature.signature
    message = cosignatureMessage(key, note.text, cosignature.timestamp)
  } catch (error) {
    if (error instanceof EvidenceError) return 'invalid'
    throw error
  }
  const algorithm = key.type === 4 ? 'ed25519' : 'ml-dsa-44'
  return crypto.verify(algorithm, key.publicKey, message, signature)
}

function timestampOf(blob: Uint8Array): number | null {
  if (blob.length < timestampBytes) return null
  const timestamp = Number(new DataView(blob.buffer, blob.byteOffset).getBigUint64(0))
  return Number.isSafeInteger(timestamp) ? timestamp : null
}

/** opaque <1..2^8-1> of RFC 8446 section 3: u8 length ‖ bytes. */
function shortString(text: string): Uint8Array {
  const bytes = utf8(text)
  if (bytes.length === 0 || bytes.length > 255) throw malformed('a name of 0 or over 255 bytes')
  return concat(new Uint8Array([bytes.length]), bytes)
}

function checkTimestamp(timestamp: number): void {
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) throw malformed(`the time ${timestamp}`)
}

function malformed(what: string): EvidenceError {
  return new EvidenceError('malformed-cosignature', `cosignature: ${what}`)
}
