import { fromBase64, toBase64 } from './bytes.ts'
import type { EvidenceCrypto } from './crypto.ts'
import { EvidenceError } from './errors.ts'
import { timeMs } from './members.ts'
import { parseNote, type Note } from './note.ts'
import { verifyNote } from './signatures.ts'
import { verdictOf, type Verdict } from './verdict.ts'
import type { VerifierKey } from './vkey.ts'

/** "Stored and recomputed", stated by the supervision centre: formats.md section 13. */
export interface AuditReceipt {
  readonly origin: string
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly time: string
}

const magic = 'probant.audit/v1'

/** The text that the audit key signs. */
export function auditReceiptText(receipt: AuditReceipt): string {
  const { origin, size, root, time } = receipt
  const text = `${magic}\n${origin}\n${size}\n${toBase64(root)}\n${time}\n`
  readText(text)
  return text
}

/** What an audit receipt says, from its signed note; the signature is not checked. EvidenceError `malformed-receipt`. */
export function parseAuditReceipt(note: Note | string): AuditReceipt {
  return readText((typeof note === 'string' ? parseNote(note) : note).text)
}

/** Whether one of the given audit keys signed the receipt. Keys of type 0x01. */
export async function verifyAuditReceipt(
  crypto: EvidenceCrypto,
  note: Note | string,
  auditKeys: readonly VerifierKey[],
): Promise<{ readonly verdict: Verdict; readonly receipt?: AuditReceipt }> {
  try {
    const parsed = typeof note === 'string' ? parseNote(note) : note
    const receipt = parseAuditReceipt(parsed)
    const keys = auditKeys.filter((key) => key.type === 1)
    const { verdict } = await verifyNote(crypto, parsed, keys)
    return { verdict, receipt }
  } catch (error) {
    return { verdict: verdictOf(error) }
  }
}

function readText(text: string): AuditReceipt {
  const [first, origin = '', size = '', root = '', time = '', ...rest] = text.split('\n')
  const isWhole =
    first === magic &&
    /^[A-Za-z0-9./-]{1,200}$/.test(origin) &&
    /^(?:0|[1-9]\d{0,15})$/.test(size) &&
    Number.isSafeInteger(Number(size)) &&
    timeMs(time) !== undefined &&
    rest.length === 1 &&
    rest[0] === ''
  if (!isWhole) throw new EvidenceError('malformed-receipt', 'not an audit receipt of version 1')
  const rootBytes = fromBase64(root)
  if (rootBytes.length !== 32) throw new EvidenceError('malformed-receipt', 'a root of 32 bytes')
  return { origin, size: Number(size), root: rootBytes, time }
}
