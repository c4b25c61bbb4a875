import { parseAuditReceipt, parseCheckpoint, parseNote } from '@probant/evidence'
import type { KnownSize } from '@probant/shipping'
import { AgentError, messageOf } from '../errors.ts'
import type { KnownTree } from '../journal/consistency.ts'

/**
 * The tree that the centre says it knows: by a checkpoint of the box, or by its own audit receipt.
 * @throws AgentError `centre-misbehaved` when the note doesn't state that size of that log
 */
export function knownTree(known: KnownSize | null, origin: string): KnownTree | null {
  if (known === null) return null
  const tree = statedTree(known.note)
  if (tree.origin !== origin || tree.size !== known.size)
    throw new AgentError('centre-misbehaved', `the centre's note states another log or size`)
  return { size: tree.size, root: tree.root }
}

function statedTree(text: string): KnownTree & { origin: string } {
  try {
    const note = parseNote(text)
    return note.text.startsWith('probant.audit/')
      ? parseAuditReceipt(note)
      : parseCheckpoint(note.text)
  } catch (error) {
    throw new AgentError('centre-misbehaved', `the centre's note: ${messageOf(error)}`, error)
  }
}
