import { fromBase64, toBase64 } from './bytes.ts'
import { EvidenceError } from './errors.ts'
import { isTreeHash } from './merkle.ts'

/** What a checkpoint states: the head of a log. */
export interface Checkpoint {
  readonly origin: string
  /** Number of leaves. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** Whether a log may have this origin (formats.md section 3). */
export function isOrigin(origin: string): boolean {
  return /^[A-Za-z0-9./-]{1,200}$/.test(origin)
}

/**
 * The statement of a checkpoint's *text* (of the note, without signatures), C2SP tlog-checkpoint without extension
 * lines: exactly three lines, each ended by a newline (formats.md section 6).
 *
 * @throws EvidenceError 'malformed-checkpoint'
 */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', sizeText = '', rootText = '', end, ...more] = text.split('\n')
  if (end !== '' || more.length > 0) throw malformed('not exactly three lines')
  if (!isOrigin(origin)) throw malformed('an origin that no log has', 'line 1')
  const size = Number(sizeText)
  if (!/^(?:0|[1-9][0-9]*)$/.test(sizeText) || !Number.isSafeInteger(size)) {
    throw malformed('a size that is not a decimal integer below 2^53', 'line 2')
  }
  // 43 digits and one '=' are 32 bytes
  if (!/^[A-Za-z0-9+/]{43}=$/.test(rootText)) throw malformed('a root without 32 bytes', 'line 3')
  return { origin, size, root: rootBytes(rootText) }
}

/** The text of a checkpoint, to sign. */
export function formatCheckpointText({ origin, size, root }: Checkpoint): string {
  if (!isOrigin(origin)) throw malformed('an origin that no log has')
  if (!Number.isSafeInteger(size) || size < 0) throw malformed(`the size ${size}`)
  if (!isTreeHash(root)) throw malformed('a root without 32 bytes')
  return `${origin}\n${size}\n${toBase64(root)}\n`
}

function rootBytes(text: string): Uint8Array {
  try {
    return fromBase64(text)
  } catch (cause) {
    throw new EvidenceError('malformed-checkpoint', 'checkpoint: a root that is not base64', {
      where: 'line 3',
      cause,
    })
  }
}

function malformed(what: string, where?: string): EvidenceError {
  return new EvidenceError(
    'malformed-checkpoint',
    `checkpoint: ${what}`,
    where === undefined ? {} : { where },
  )
}
