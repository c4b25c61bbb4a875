import { EvidenceError, fromBase64 } from '@probant/evidence'
import { ShippingError } from './errors.ts'
import { MAX_NOTE_BYTES } from './limits.ts'
import type { Head } from './messages.ts'

/** C2SP tlog-witness: media type of the size that a witness answers with 409. */
export const TLOG_SIZE_TYPE = 'text/x.tlog.size'

/** C2SP tlog-witness: a request holds at most so many hashes. */
const MOST_HASHES = 63

/** Longest request: its hashes in base64 beside the longest checkpoint. */
export const MAX_ADD_CHECKPOINT_BYTES = MAX_NOTE_BYTES + 4096

/** The body of `add-checkpoint` (C2SP tlog-witness): what a head over SSH says, for any witness. */
export function formatAddCheckpoint({ oldSize, proof, note }: Head): string {
  return `${[`old ${oldSize}`, ...proof].join('\n')}\n\n${note}`
}

/**
 * Reads a body of `add-checkpoint` strictly. The checkpoint in it is not read yet.
 * @throws ShippingError `malformed-message`
 */
export function parseAddCheckpoint(body: string): Head {
  const end = body.indexOf('\n\n')
  if (end < 0) throw malformed('no empty line')
  const [old = '', ...proof] = body.slice(0, end).split('\n')
  const size = /^old (0|[1-9][0-9]{0,15})$/.exec(old)?.[1]
  const oldSize = Number(size)
  if (size === undefined || !Number.isSafeInteger(oldSize)) throw malformed('no old size')
  if (proof.length > MOST_HASHES) throw malformed(`more than ${MOST_HASHES} hashes`)
  if (!proof.every(isHash)) throw malformed('a line that is no hash')
  return { oldSize, proof, note: body.slice(end + 2) }
}

/** The size in the body of a 409; undefined where it is none. */
export function parseTlogSize(body: string): number | undefined {
  const text = /^(0|[1-9][0-9]{0,15})\n$/.exec(body)?.[1]
  const size = Number(text)
  return text !== undefined && Number.isSafeInteger(size) ? size : undefined
}

function isHash(line: string): boolean {
  try {
    return fromBase64(line).length === 32
  } catch (error) {
    if (error instanceof EvidenceError) return false
    throw error
  }
}

function malformed(what: string): ShippingError {
  return new ShippingError('malformed-message', `add-checkpoint: ${what}`)
}
