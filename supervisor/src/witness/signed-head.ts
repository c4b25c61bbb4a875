import {
  EvidenceError,
  formatNote,
  parseCheckpoint,
  parseNote,
  utf8,
  verifyNote,
  type Checkpoint,
  type Note,
} from '@probant/evidence'
import type { HeadAnswer } from '@probant/shipping'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import type { Origin } from '../store/origins.ts'
import { journalKeysAt } from './journal-keys.ts'

/** A checkpoint that the box signed with its enrolled key. */
export interface SignedHead {
  checkpoint: Checkpoint
  /** Text and the box's own signature; other lines are dropped. */
  note: string
  text: string
}

export type Reading =
  { head: SignedHead } | { fact: Fact; status: Exclude<HeadAnswer['status'], 200> }

/** Reads a note strictly and checks who signed it. */
export async function readHead(context: Context, origin: Origin, text: string): Promise<Reading> {
  let note: Note
  let checkpoint: Checkpoint
  try {
    note = parseNote(text)
    checkpoint = parseCheckpoint(note.text)
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    return refused(origin, 422, text, 'bad-checkpoint-signature', 'a checkpoint', error.message)
  }
  if (checkpoint.origin !== origin.origin) {
    const found = `a checkpoint of ${checkpoint.origin}`
    return refused(origin, 404, text, 'wrong-box', `a checkpoint of ${origin.origin}`, found)
  }
  const { verdict } = await verifyNote(context.crypto, note, journalKeysAt(origin, checkpoint.size))
  if (verdict.status === 'cannot-tell') throw new Error(`no way to check: ${verdict.missing}`)
  if (verdict.status === 'invalid') {
    const kind = verdict.code === 'wrong-key' ? 'wrong-key' : 'bad-checkpoint-signature'
    const expected = 'a checkpoint signed by the enrolled key'
    return refused(origin, 403, text, kind, expected, verdict.what)
  }
  const own = note.signatures.filter(({ name }) => name === origin.origin)
  const signed = formatNote(
    note.text,
    own.map(({ line }) => line),
  )
  return { head: { checkpoint, note: signed, text: note.text } }
}

function refused(
  origin: Origin,
  status: 403 | 404 | 422,
  text: string,
  kind: 'bad-checkpoint-signature' | 'wrong-key' | 'wrong-box',
  expected: string,
  found: string,
): Reading {
  const fact = factAt(origin.origin, kind, null, expected, found)
  return { status, fact: { ...fact, foundBytes: utf8(text) } }
}
