import {
  equalBytes,
  formatCheckpointText,
  JournalVerifier,
  emptyJournalState,
  parseCheckpoint,
  parseNote,
  toHex,
  utf8,
  type JournalState,
} from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { raise, settle } from '../findings/raise.ts'
import {
  alertCheckpoint,
  alertJournals,
  holdAlertJournal,
  insertAlertCheckpoint,
  readAlertTraces,
  type AlertJournal,
} from '../store/alert-journal.ts'
import { openFindings } from '../store/findings.ts'
import { CENTRE } from '../store/rows.ts'
import { heldToJournal } from './held-to-journal.ts'
import { appendSeal } from './journal.ts'
import { Journalled } from './journalled.ts'

const SEAL_AFTER_MS = 60_000
const SEAL_IDLE_MS = 3_600_000
const PAGE = 1000
/** How long contacts and alerts may say something else than the journal. */
const COMPARED_EVERY_MS = 60_000

/** What was read of a journal and recomputed, and what it says. */
interface Read {
  readonly state: JournalState
  readonly journalled: Journalled
}

/**
 * Seals and signs the alert journal. What it signs, it has read again from the database and recomputed: once from the whole
 * journal at start, then from what was added. Contacts and alerts are held to what it read.
 */
export class AlertJournalKeeper {
  readonly #context: Context
  /** By tenant. */
  readonly #read = new Map<string, Read>()
  #comparedAtMs: number | undefined

  constructor(context: Context) {
    this.#context = context
  }

  /** One round over every tenant's journal. @returns false: what comes later wakes it */
  async tend(): Promise<boolean> {
    for (const journal of await alertJournals(this.#context.database)) {
      if (this.#needsSeal(journal)) await this.#seal(journal)
      await this.#sign(journal.tenantId, journal.origin)
    }
    await this.#compareAll()
    return false
  }

  /** By the machine's time since its boot: whoever sets its clock must not put this off. */
  async #compareAll(): Promise<void> {
    const nowMs = this.#context.clock.monotonicMs()
    if (this.#comparedAtMs !== undefined && nowMs - this.#comparedAtMs < COMPARED_EVERY_MS) return
    for (const tenantId of this.#read.keys()) await this.#compare(tenantId)
    this.#comparedAtMs = nowMs
  }

  /** Nobody appends meanwhile: every change of a contact or an alert commits with its entry, or not at all. */
  async #compare(tenantId: string): Promise<void> {
    const context = this.#context
    const { database, crypto } = context
    const facts = await database.transaction(
      async (client) => {
        const journal = await holdAlertJournal(client, tenantId)
        const before = this.#read.get(tenantId)
        if (journal === undefined || before === undefined) return []
        const read = await this.#readOn(tenantId, before, journal.state.size, client)
        this.#read.set(tenantId, read)
        return heldToJournal(client, crypto, tenantId, read.journalled)
      },
      { attempts: 3 },
    )
    const centre = { tenantId, boxId: CENTRE }
    const raised = await database.transaction(
      async (client) => {
        const isSomebody = facts.every(({ circumstances }) => circumstances['why'] !== 'nobody')
        for (const finding of await openFindings(client, centre, ['alerting-broken']))
          if (isSomebody && finding.circumstances['why'] === 'nobody')
            await settle(client, context, centre, finding.findingId, 'somebody is told again')
        return raise(client, context, centre, facts)
      },
      { attempts: 3 },
    )
    if (raised.length > 0) context.wake()
  }

  readonly #needsSeal = ({ state, unsealedSinceMs, sealedAtMs }: AlertJournal): boolean => {
    const nowMs = this.#context.clock.nowMs()
    if (state.size === 0) return false
    if (unsealedSinceMs !== null && nowMs - unsealedSinceMs >= SEAL_AFTER_MS) return true
    return sealedAtMs !== null && nowMs - sealedAtMs >= SEAL_IDLE_MS
  }

  async #seal({ tenantId }: AlertJournal): Promise<void> {
    const { database, crypto } = this.#context
    const newest = await alertCheckpoint(database, tenantId)
    const reference = newest && {
      size: newest.size,
      textSha256: toHex(crypto.hash('sha256', utf8(parseNote(newest.note).text))),
    }
    await database.transaction(
      (client) => appendSeal(client, this.#context, tenantId, reference ?? null, this.#needsSeal),
      { attempts: 3 },
    )
  }

  async #sign(tenantId: string, origin: string): Promise<void> {
    const { database, keys, clock, crypto } = this.#context
    const before = this.#read.get(tenantId) ?? (await this.#readFromStart(tenantId, origin))
    const read = await this.#readOn(tenantId, before)
    this.#read.set(tenantId, read)
    const { state } = read
    const newest = await alertCheckpoint(database, tenantId)
    if (state.size === 0 || newest?.size === state.size) return
    const root = state.range.root()
    const text = formatCheckpointText({ origin, size: state.size, root })
    const note = await keys.signAlertCheckpoint(text)
    const verdict = await new JournalVerifier(crypto, state).checkpoint(note, [
      keys.alertJournalKey,
    ])
    if (verdict.length > 0) throw new Error('the alert journal key gave a bad signature')
    await insertAlertCheckpoint(database, tenantId, state.size, note, clock.nowMs())
  }

  /** The whole journal once, compared with the newest checkpoint signed before: the database may have been changed. */
  async #readFromStart(tenantId: string, origin: string): Promise<Read> {
    const { database, crypto } = this.#context
    const newest = await alertCheckpoint(database, tenantId)
    const start = { state: emptyJournalState(crypto, origin), journalled: new Journalled() }
    if (newest === undefined) return start
    const read = await this.#readOn(tenantId, start, newest.size)
    const { state } = read
    const signed = parseCheckpoint(parseNote(newest.note).text)
    if (state.size !== signed.size || !equalBytes(state.range.root(), signed.root))
      throw new SupervisorError('stored-bytes-altered', 'the alert journal is not the one signed')
    return read
  }

  async #readOn(
    tenantId: string,
    { state, journalled }: Read,
    upTo = Number.MAX_SAFE_INTEGER,
    client: Client = this.#context.database,
  ): Promise<Read> {
    const verifier = new JournalVerifier(this.#context.crypto, state)
    for (;;) {
      const end = Math.min(upTo, verifier.size + PAGE)
      const traces = await readAlertTraces(client, tenantId, verifier.size, end)
      const findings = traces.flatMap((bytes) => verifier.append(bytes))
      findings.push(...verifier.finish())
      const wrong = findings.find(
        ({ kind }) => kind !== 'clock-regression' && kind !== 'missing-seal',
      )
      if (wrong !== undefined)
        throw new SupervisorError(
          'stored-bytes-altered',
          `the alert journal is altered: ${wrong.kind} at ${wrong.seq ?? 'its end'}`,
        )
      for (const bytes of traces) journalled.take(bytes)
      if (traces.length < PAGE) return { state: verifier.state, journalled }
    }
  }
}
