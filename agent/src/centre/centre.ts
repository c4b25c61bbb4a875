import { formatTime, type Clock } from '@probant/host'
import type { Hello } from '@probant/shipping'
import { AgentError } from '../errors.ts'
import type { Appliance, Stopped } from '../appliance/appliance.ts'
import type { LocalFindings } from '../findings/findings.ts'
import type { CentreSettings } from '../settings.ts'
import { connectToCentre } from '../ssh/connection.ts'
import type { ProviderKeyAgent } from '../ssh/signing-key.ts'
import type { JournalReader } from '../store/journal.ts'
import { CentreSession } from './session.ts'
import { Turn } from './turn.ts'

export interface CentreParts {
  settings: CentreSettings
  boxId: string
  origin: string
  key: ProviderKeyAgent
  journal: JournalReader
  findings: LocalFindings
  appliance: Appliance
  clock: Clock
  /** Ends the session under way when the service stops. */
  stopping: AbortSignal
}

/** How long a centre that knows no log is left alone with it. */
const WITHOUT_LOG_MS = 3_600_000

/** The supervision centre as this box reaches it: one session at a time, whoever asks. */
export class Centre {
  readonly #parts: CentreParts
  readonly #turn = new Turn()
  #unanswered = 0
  /** Until when the centre is not asked for its log: one from before there was such a log ends the session. */
  #withoutLogUntilMs = 0

  constructor(parts: CentreParts) {
    this.#parts = parts
  }

  /**
   * Waits its turn, opens a session, lets `work` use it and closes it.
   * @param isNeeded asked when the turn has come; without need nothing happens and the result is undefined
   * @throws AgentError `centre-unreachable`, `host-key-mismatch`, `refused-by-centre`, `centre-misbehaved`, or what `work` threw
   */
  withSession<T>(
    work: (session: CentreSession) => Promise<T>,
    isNeeded: () => boolean = () => true,
  ): Promise<T | undefined> {
    return this.#turn.run(async () => (isNeeded() ? this.#session(work, {}) : undefined))
  }

  /** As {@link withSession}; offers that this box's TPM states the machine's state. */
  withAttestingSession<T>(work: (session: CentreSession) => Promise<T>): Promise<T> {
    return this.#turn.run(() => this.#session(work, { attestation: 'tpm2' }))
  }

  async #session<T>(
    work: (session: CentreSession) => Promise<T>,
    offer: Pick<Hello, 'attestation'>,
  ): Promise<T> {
    const { origin, journal, clock, stopping } = this.#parts
    if (stopping.aborted) throw new AgentError('stopping', 'the agent is stopping')
    const databaseSize = await journal.databaseSize()
    const boxTime = formatTime(clock.nowMs())
    const hello = { origin, boxTime, databaseSize, ...offer, ...(await this.#stopped()) }
    if (clock.nowMs() < this.#withoutLogUntilMs) return this.#converse(hello, work)
    try {
      return await this.#converse({ ...hello, log: 1 }, work)
    } catch (error) {
      if (!isRefusedLog(error)) throw error
      this.#withoutLogUntilMs = clock.nowMs() + WITHOUT_LOG_MS
      return this.#converse(hello, work)
    }
  }

  async #converse<T>(
    hello: Omit<Hello, 'protocol'>,
    work: (session: CentreSession) => Promise<T>,
  ): Promise<T> {
    const { stopping } = this.#parts
    const { frames, close } = await this.#connect()
    stopping.addEventListener('abort', close)
    try {
      const session = await CentreSession.open(frames, hello)
      const result = await work(session)
      await session.bye()
      return result
    } finally {
      stopping.removeEventListener('abort', close)
      close()
    }
  }

  /** An appliance that was away twice in a row is no restart any more. */
  async #stopped(): Promise<Stopped> {
    try {
      const stopped = await this.#parts.appliance.stopped()
      this.#unanswered = 0
      return stopped
    } catch {
      this.#unanswered += 1
      return this.#unanswered < 2 ? {} : { stoppedBecause: 'the vault service does not answer' }
    }
  }

  async #connect() {
    const { settings, boxId, key, findings } = this.#parts
    try {
      return await connectToCentre(settings, boxId, key)
    } catch (error) {
      if (error instanceof AgentError && error.code === 'host-key-mismatch')
        await findings.report({
          kind: 'wrong-key',
          seq: null,
          expected: `host key ${settings.hostKey}`,
          found: error.message,
        })
      throw error
    }
  }
}

/** The answer of a centre from before there was a log: it refuses the member. */
function isRefusedLog(error: unknown): boolean {
  return (
    error instanceof AgentError &&
    error.code === 'refused-by-centre' &&
    error.message.includes('hello.log')
  )
}
