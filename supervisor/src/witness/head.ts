import {
  equalBytes,
  EvidenceError,
  formatNote,
  fromBase64,
  headLogLeaf,
  parseNote,
  toBase64,
  utf8,
  verifyConsistency,
} from '@probant/evidence'
import type { Head, HeadAnswer } from '@probant/shipping'
import type { Context } from '../context.ts'
import { noteHead } from '../deadlines/head-watch.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { rollback } from '../intake/hello.ts'
import { inSession, raiseInSession, type Session } from '../intake/session.ts'
import { refresh } from '../intake/commit.ts'
import { rootAt } from '../intake/stored-traces.ts'
import { cosignedHeads, insertCosignedHead } from '../store/cosigned-heads.ts'
import { queueHead } from '../store/head-log.ts'
import { moveWitnessed, touchWitnessed, type Origin } from '../store/origins.ts'
import { readHead, type SignedHead } from './signed-head.ts'

/** The answer to a head, and what it brought to light. */
export interface HeadJudgement {
  readonly answer: HeadAnswer
  readonly fact?: Fact
}

/** Judges a head of a session with its box, and raises what it brings to light. */
export async function answerHead(
  context: Context,
  session: Session,
  head: Head,
): Promise<HeadAnswer> {
  const { answer, fact } = await judgeHead(context, session, head)
  if (fact !== undefined) await raiseInSession(context, session, [fact])
  return answer
}

/**
 * Answers as a C2SP witness: cosigns a head that extends what was cosigned before, and nothing else. A cosignature is
 * committed, with the size it moves and its entry for the centre's own log, before it leaves.
 */
export async function judgeHead(
  context: Context,
  session: Session,
  { oldSize, note, proof }: Head,
): Promise<HeadJudgement> {
  const { origin } = session
  const reading = await readHead(context, origin, note)
  if ('fact' in reading) return refusal(session, reading.status, reading.fact)
  const { head } = reading
  const { size, root } = head.checkpoint
  const { witnessed } = origin
  const known = witnessed?.size ?? 0

  if (size < known) return refusal(session, 409, shrunk(session, head))
  if (size === witnessed?.size && !equalBytes(witnessed.root, root))
    return refusal(session, 409, fork(origin, head, witnessed.root, witnessed.note))
  if (oldSize !== known) return { answer: { status: 409, size: known } }
  if (size === witnessed?.size) return { answer: await seenAgain(context, session, head) }
  const fact = await inconsistency(context, origin, head, proof)
  if (fact !== undefined) return refusal(session, 422, fact)
  return { answer: await cosign(context, session, head) }
}

/** Fewer traces than were witnessed: deleted at the end while the database counts on, or put back as a whole. */
function shrunk({ origin, databaseSize }: Session, { checkpoint, note }: SignedHead): Fact {
  const known = origin.witnessed?.size ?? 0
  const { size } = checkpoint
  const sides = { expectedBytes: utf8(origin.witnessed?.note ?? ''), foundBytes: utf8(note) }
  if (databaseSize !== null && databaseSize < known)
    return { ...rollback(origin, known, databaseSize), ...sides }
  const expected = `at least ${known} traces, as witnessed`
  const fact = factAt(origin.origin, 'truncated', size, expected, `${size} traces`, {
    witnessedSize: known,
    size,
  })
  return { ...fact, ...sides, key: `${origin.origin}|truncated|${known}` }
}

/** The head that is witnessed already, once more. */
async function seenAgain(
  context: Context,
  session: Session,
  head: SignedHead,
): Promise<HeadAnswer> {
  const { origin } = session
  const { size } = head.checkpoint
  const [cosigned] = await cosignedHeads(context.database, origin, size - 1, size)
  if (cosigned === undefined) return cosign(context, session, head)
  await inSession(context, session, async (client) => {
    await touchWitnessed(client, origin, context.clock.nowMs())
    await noteHead(client, context, session.box)
  })
  return { status: 200, size, lines: cosigned.lines }
}

/**
 * Whether the head extends the witnessed one. What is stored decides where it reaches; else the proof must hold. A proof that
 * fails says that the witnessed history is not in this one, not yet that two were signed: leaves tell that later.
 */
async function inconsistency(
  context: Context,
  origin: Origin,
  head: SignedHead,
  proof: readonly string[],
): Promise<Fact | undefined> {
  const { size, root } = head.checkpoint
  if (size > 0 && size <= origin.state.size) {
    const stored = await rootAt(context, origin, size)
    return equalBytes(stored, root) ? undefined : fork(origin, head, stored, undefined)
  }
  const { witnessed } = origin
  if (witnessed === null || witnessed.size === 0) return undefined
  const hashes = hashesOf(proof)
  const sizes = [BigInt(witnessed.size), BigInt(size)] as const
  if (
    hashes !== undefined &&
    verifyConsistency(context.crypto, ...sizes, hashes, witnessed.root, root)
  )
    return undefined
  const fact = factAt(
    origin.origin,
    'rollback',
    null,
    `a history that contains the ${witnessed.size} traces witnessed`,
    `a history of ${size} traces without a proof of it`,
    { witnessedSize: witnessed.size, size },
  )
  return {
    ...fact,
    key: `${origin.origin}|inconsistent|${witnessed.size}`,
    expectedBytes: utf8(witnessed.note),
    foundBytes: utf8(head.note),
  }
}

function hashesOf(proof: readonly string[]): Uint8Array[] | undefined {
  try {
    return proof.map(fromBase64)
  } catch (error) {
    if (error instanceof EvidenceError) return undefined
    throw error
  }
}

function fork(
  origin: Origin,
  { checkpoint, note }: SignedHead,
  known: Uint8Array,
  knownNote: string | undefined,
): Fact {
  const { size, root } = checkpoint
  const expected = `the root ${toBase64(known)} at size ${size}`
  const fact = factAt(origin.origin, 'fork', null, expected, `the root ${toBase64(root)}`, { size })
  return {
    ...fact,
    key: `${origin.origin}|fork|${size}`,
    ...(knownNote === undefined ? {} : { expectedBytes: utf8(knownNote) }),
    foundBytes: utf8(note),
  }
}

async function cosign(context: Context, session: Session, head: SignedHead): Promise<HeadAnswer> {
  const { origin } = session
  const { size, root } = head.checkpoint
  const atMs = context.clock.nowMs()
  const time = Math.floor(atMs / 1000)
  const lines = await context.keys.cosign(head.text, time)
  const leaf = headLogLeaf(context.crypto, head.text, time)
  const own = parseNote(head.note).signatures.map(({ line }) => line)
  const stated = { size, root, note: formatNote(head.text, [...own, ...lines]), atMs }
  const moved = await inSession(context, session, async (client) => {
    if (!(await moveWitnessed(client, origin, stated))) return false
    await insertCosignedHead(client, origin, { size, root, note: head.note, lines }, atMs)
    await queueHead(client, {
      ...session.box,
      origin: origin.origin,
      size,
      cosignedAtMs: atMs,
      leaf,
    })
    await noteHead(client, context, session.box)
    return true
  })
  await refresh(context, session)
  if (!moved) return { status: 409, size: session.origin.witnessed?.size ?? 0 }
  context.figures.headsCosigned.inc()
  return { status: 200, size, lines }
}

function refusal(
  { origin }: Session,
  status: Exclude<HeadAnswer['status'], 200>,
  fact: Fact,
): HeadJudgement {
  const reason = `${fact.kind}: ${fact.found}`.slice(0, 4000)
  return { answer: { status, size: origin.witnessed?.size ?? 0, reason }, fact }
}
