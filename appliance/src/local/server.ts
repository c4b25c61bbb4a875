import {
  equalBytes,
  parseAuditReceipt,
  parseCheckpoint,
  parseNote,
  parseCosignature,
  toHex,
  utf8,
  verifyAuditReceipt,
  verifyCosignatures,
  EvidenceError,
} from '@probant/evidence'
import { strictObject, createServer, Problem } from '@probant/web'
import { Type } from 'typebox'
import type { Box } from '../box.ts'
import { problemOf } from '../http/problems.ts'
import { recomputationData, recompute } from '../integrity/recomputation.ts'
import { readSigningKeys } from '../journal/signing-keys.ts'
import { keepAuditReceipt, keepCosignatures, newestWitnessed } from '../store/cosignatures.ts'
import { checkpointCovering, newestCheckpoint } from '../store/journal.ts'
import { listenAt } from './socket.ts'
import { timestampRoutes } from './timestamps.ts'

/** Beyond, what acts wait for is told. */
const TOLD_AFTER_MS = 20_000

const NoteBody = strictObject({ note: Type.String({ minLength: 1, maxLength: 200_000 }) })

/** A step of this box's enrolment at a centre, both sides' keys in one digest. */
const EnrolmentBody = strictObject({
  step: Type.Union([Type.Literal('begun'), Type.Literal('confirmed'), Type.Literal('refused')]),
  fingerprint: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})

/** What the agent tells of, such as a centre that knows less than it has signed. */
const FindingBody = strictObject({
  kind: Type.String({ pattern: '^[a-z-]{1,64}$' }),
  seq: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
  expected: Type.String({ maxLength: 1000 }),
  found: Type.String({ maxLength: 1000 }),
  fr: Type.String({ maxLength: 1000 }),
  en: Type.String({ maxLength: 1000 }),
  at: Type.String({ maxLength: 40 }),
})

const HeldSize = Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])
const HeldTo = strictObject({ witnessed: HeldSize, audited: HeldSize, log: HeldSize })

/** What the centre was held to, and is from now on: an administrator accepted that it was restored from a copy. */
const RestoreBody = strictObject({ former: HeldTo, now: HeldTo })

const refused = (what: string, cause?: unknown) =>
  new Problem({
    type: 'bad-receipt',
    status: 422,
    title: { fr: 'Ce reçu n’est pas recevable.', en: 'This receipt is not acceptable.' },
    detail: { fr: what, en: what },
    cause,
  })

/**
 * What the agent, and only the agent, may ask: a Unix socket that the box's own user alone can open. The agent can't write the journal;
 * what it brings is checked against pinned keys here.
 */
export async function serveLocally(box: Box): Promise<{ close(): Promise<void> }> {
  const server = await createServer({
    logger: box.log,
    clock: box.clock,
    randomness: box.randomness,
    knownProblem: problemOf,
    openapi: { title: 'Probant, local socket', version: '1' },
  })

  server.addHook('preHandler', (request, _reply, done) => {
    // Nothing that came with an altered journal may become what the next start believes.
    const { stoppedBecause } = box.journal
    const isAct = request.method !== 'GET' && stoppedBecause !== undefined
    const problem = isAct ? problemOf(stoppedBecause) : undefined
    done(problem instanceof Error ? problem : undefined)
  })

  server.get('/head', async () => {
    const head = await newestCheckpoint(box.database)
    return { origin: box.journal.origin, size: head?.size ?? 0, note: head?.note ?? null }
  })

  // What the agent tells the centre of: a moment's wait is nobody's concern.
  server.get('/state', async () => {
    const { stoppedBecause, waitsFor, waitedMs } = box.journal
    const lasting = waitedMs >= TOLD_AFTER_MS ? waitsFor : undefined
    const { signerWatch } = box
    const depositsLasting = signerWatch.waitedMs >= TOLD_AFTER_MS ? signerWatch.waitsFor : undefined
    return {
      stoppedBecause:
        stoppedBecause?.message ?? lasting ?? (await box.journal.refusal(TOLD_AFTER_MS)) ?? null,
      depositsStoppedBecause: depositsLasting ?? null,
    }
  })

  server.post('/cosignatures', { schema: { body: NoteBody } }, async (request, reply) => {
    await takeCosignatures(box, request.body.note)
    return reply.code(204).send()
  })

  server.post('/audit-receipts', { schema: { body: NoteBody } }, async (request, reply) => {
    await takeAuditReceipt(box, request.body.note)
    return reply.code(204).send()
  })

  let running: Promise<unknown> | undefined
  server.post('/recomputations', async () => {
    if (running !== undefined) await running.catch(() => undefined)
    const work = recomputeAndJournal(box)
    running = work.finally(() => (running = undefined))
    running.catch(() => undefined)
    return work
  })

  server.post('/enrolments', { schema: { body: EnrolmentBody } }, async (request, reply) => {
    const { step, fingerprint } = request.body
    await box.journal.record({
      act: step === 'begun' ? 'enrolment-begun' : 'enrolment-confirmed',
      outcome: step === 'refused' ? 'refused' : 'done',
      data: { fingerprint, ...(step === 'refused' ? { reason: 'other-words' } : {}) },
    })
    return reply.code(204).send()
  })

  server.post('/findings', { schema: { body: FindingBody } }, async (request, reply) => {
    const { kind, seq, expected, found } = request.body
    box.log.error({ kind, seq }, 'the agent found something wrong')
    const data = { kind, seq, expected, found }
    await box.journal.record({ act: 'agent-finding', outcome: 'done', data })
    return reply.code(204).send()
  })

  server.post(
    '/accepted-centre-restores',
    { schema: { body: RestoreBody } },
    async (request, reply) => {
      const { former, now } = request.body
      const data = { former: { ...former }, now: { ...now } }
      await box.journal.record({ act: 'centre-restore-accepted', outcome: 'done', data })
      return reply.code(204).send()
    },
  )

  timestampRoutes(server, box)

  return listenAt(server, box.settings.localSocket)
}

async function recomputeAndJournal(box: Box) {
  if (box.journal.stoppedBecause !== undefined) throw box.journal.stoppedBecause
  const result = await recompute(
    {
      database: box.database,
      crypto: box.crypto,
      files: box.files,
      ciphers: box.ciphers,
      origin: box.journal.origin,
      journalKeys: await readSigningKeys(
        box.database,
        box.crypto,
        box.journal.origin,
        box.journalKey,
      ),
    },
    box.journal.certifiedSize,
  )
  if (!result.intact)
    box.log.error(
      { journal: result.journal.findings, store: result.store.findings },
      'journal or store is not what this box wrote',
    )
  await box.journal.record({
    act: 'full-recomputation',
    outcome: result.intact ? 'done' : 'failed',
    data: {
      ...recomputationData(result),
      ...(result.intact ? {} : { reason: 'integrity-failure' }),
    },
  })
  return { ...result.summary, intact: result.intact }
}

/** Keeps the cosignatures of a checkpoint that is this box's own, and remembers the head outside the database. */
async function takeCosignatures(box: Box, text: string): Promise<void> {
  const note = read(() => parseNote(text))
  const checkpoint = read(() => parseCheckpoint(note.text))
  const own = await checkpointCovering(box.database, checkpoint.size)
  if (own?.size !== checkpoint.size || parseNote(own.note).text !== note.text)
    throw refused('the cosigned checkpoint is not one of this box')
  const answers = await verifyCosignatures(box.crypto, note, box.witnessKeys)
  const valid = answers.filter((each) => each.answer === 'valid')
  if (valid.length === 0 || answers.some((each) => each.answer === 'invalid'))
    throw refused('no cosignature of a known witness verifies')
  const rows = note.signatures.flatMap((signature) => {
    const key = box.witnessKeys.find(
      (each) => each.name === signature.name && equalBytes(each.keyId, signature.keyId),
    )
    const isValid = valid.some(
      ({ name, keyId }) => name === signature.name && equalBytes(keyId, signature.keyId),
    )
    if (key === undefined || !isValid) return []
    const { timestamp } = parseCosignature(signature)
    return [
      {
        size: checkpoint.size,
        name: signature.name,
        keyId: signature.keyId,
        type: key.type,
        line: signature.line,
        timestamp: timestamp,
      },
    ]
  })
  await keepCosignatures(box.database, rows, box.clock.nowMs())
  await box.heads.witnessed(text)
  const reached = await newestWitnessed(box.database, box.witnessing.required)
  box.journal.noteWitnessed(reached?.size ?? 0)
}

/** Keeps and journals the centre's receipt over stored and recomputed traces. */
async function takeAuditReceipt(box: Box, text: string): Promise<void> {
  const key = box.auditKey
  if (key === undefined) throw refused('this box is not enrolled')
  const { verdict } = await verifyAuditReceipt(box.crypto, text, [key])
  if (verdict.status !== 'valid') throw refused('the audit receipt does not verify')
  const receipt = read(() => parseAuditReceipt(text))
  const own = await checkpointCovering(box.database, receipt.size)
  if (
    receipt.origin !== box.journal.origin ||
    own?.size !== receipt.size ||
    !equalBytes(own.root, receipt.root)
  )
    throw refused('the audit receipt is not about a checkpoint of this box')
  await box.journal.record({
    act: 'audit-receipt',
    outcome: 'done',
    data: {
      size: receipt.size,
      root: toHex(receipt.root),
      receiptSha256: toHex(box.crypto.hash('sha256', utf8(text))),
    },
    apply: (client) => keepAuditReceipt(client, receipt.size, text, box.clock.nowMs()),
  })
}

function read<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof EvidenceError) throw refused(error.message, error)
    throw error
  }
}
