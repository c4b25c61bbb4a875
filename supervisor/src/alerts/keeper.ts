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
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import {
  alertCheckpoint,
  alertJournals,
  insertAlertCheckpoint,
  readAlertTraces,
  type AlertJournal,
} from '../store/alert-journal.ts'
import { appendSeal } from './journal.ts'

const SEAL_AFTER_MS = 60_000
const SEAL_IDLE_MS = 3_600_000
const PAGE = 1000

/**
 * Seals and signs the alert journal. What it signs, it has read again from the database and recomputed: once from the whole
 * journal at start, then from what was added.
 */
export class AlertJournalKeeper {
  readonly #context: Context
  /** What was read and recomputed, by tenant. */
  readonly #verified = new Map<string, JournalState>()

  constructor(context: Context) {
    this.#context = context
  }

  /** One round over every tenant's journal. @returns false: what comes later wakes it */
  async tend(): Promise<boolean> {
    for (const journal of await alertJournals(this.#context.database)) {
      if (this.#needsSeal(journal)) await this.#seal(journal)
      await this.#sign(journal.tenantId, journal.origin)
    }
    return false
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
    const before = this.#verified.get(tenantId) ?? (await this.#readFromStart(tenantId, origin))
    const state = await this.#readOn(tenantId, before)
    this.#verified.set(tenantId, state)
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
  async #readFromStart(tenantId: string, origin: string): Promise<JournalState> {
    const { database, crypto } = this.#context
    const newest = await alertCheckpoint(database, tenantId)
    const start = emptyJournalState(crypto, origin)
    if (newest === undefined) return start
    const state = await this.#readOn(tenantId, start, newest.size)
    const signed = parseCheckpoint(parseNote(newest.note).text)
    if (state.size !== signed.size || !equalBytes(state.range.root(), signed.root))
      throw new SupervisorError('stored-bytes-altered', 'the alert journal is not the one signed')
    return state
  }

  async #readOn(
    tenantId: string,
    from: JournalState,
    upTo = Number.MAX_SAFE_INTEGER,
  ): Promise<JournalState> {
    const verifier = new JournalVerifier(this.#context.crypto, from)
    for (;;) {
      const end = Math.min(upTo, verifier.size + PAGE)
      const traces = await readAlertTraces(this.#context.database, tenantId, verifier.size, end)
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
      if (traces.length < PAGE) return verifier.state
    }
  }
}
