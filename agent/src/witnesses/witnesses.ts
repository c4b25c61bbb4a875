import { parseVkey } from '@probant/evidence'
import type { Randomness } from '@probant/host'
import { AgentError, codeOf, messageOf } from '../errors.ts'
import type { Figures } from '../figures.ts'
import { repeat } from '../schedule/repeat.ts'
import type { AgentSettings } from '../settings.ts'
import { runOf, type LastRun } from '../status.ts'
import { Witness, type WitnessParts } from './witness.ts'

type SharedParts = Omit<WitnessParts, 'settings' | 'everySeconds'> & {
  settings: AgentSettings
  randomness: Randomness
}

/** The witnesses beside the centre, each by itself: one that is away or slow holds up no other. */
export class Witnesses {
  readonly #parts: SharedParts
  readonly #all: readonly Witness[]
  readonly #last = new Map<string, LastRun>()

  /** @throws AgentError `unusable-key` when two of them, or one and the centre, would sign under one name; EvidenceError */
  constructor(parts: SharedParts) {
    this.#parts = parts
    const { settings, crypto } = parts
    const everySeconds = settings.heads?.everySeconds ?? null
    this.#all = (settings.witnesses ?? []).map(
      (one) => new Witness({ ...parts, settings: one, everySeconds }),
    )
    const centre = (settings.centre?.witnessKeys ?? []).map((vkey) => parseVkey(vkey, crypto).name)
    const signers = [...new Set(centre), ...this.#all.flatMap((each) => [...each.signers])]
    if (new Set(signers).size < signers.length || this.#all.some((one) => one.signers.size !== 1))
      throw new AgentError('unusable-key', 'each witness needs keys under one name of its own')
  }

  /** What came of the last head to each, by name. */
  get last(): ReadonlyMap<string, LastRun> {
    return this.#last
  }

  /** Sends heads when they are due, until the service stops. Never rejects. */
  async run(figures: Figures): Promise<void> {
    const longestRetryMs = (this.#parts.settings.heads?.everySeconds ?? 0) * 1000
    await Promise.all(
      this.#all.map((witness) =>
        repeat({
          ...this.#parts,
          what: `head to ${witness.name}`,
          dueMs: () => witness.dueMs,
          work: () => this.#send(witness, figures),
          firstRetryMs: 1000,
          longestRetryMs,
        }),
      ),
    )
  }

  async #send(witness: Witness, figures: Figures): Promise<void> {
    const { clock } = this.#parts
    const { name } = witness
    try {
      const outcome = await witness.send()
      this.#last.set(name, runOf(outcome, clock.nowMs()))
      figures.witnessHeads.inc({ witness: name, outcome: String(outcome.status ?? 'none') })
    } catch (error) {
      this.#last.set(name, { atMs: clock.nowMs(), error: messageOf(error) })
      figures.witnessHeads.inc({ witness: name, outcome: codeOf(error) })
      throw error
    }
  }
}
