import { join } from 'node:path'
import { parseVkey, type EvidenceCrypto } from '@probant/evidence'
import type { Clock, Logger } from '@probant/host'
import type { Appliance } from './appliance/appliance.ts'
import { Centre } from './centre/centre.ts'
import { inspect } from './centre/inspection.ts'
import { Turn } from './centre/turn.ts'
import type { LocalFindings } from './findings/findings.ts'
import { Heads, type HeadOutcome } from './heads/heads.ts'
import { Positions } from './journal/positions.ts'
import type { Memory } from './memory/memory.ts'
import type { AgentSettings, CentreSettings } from './settings.ts'
import { Receipts } from './shipment/receipts.ts'
import { Shipment, type ShipmentOutcome } from './shipment/shipment.ts'
import type { ProviderKeyAgent } from './ssh/signing-key.ts'
import type { JournalReader } from './store/journal.ts'

export interface SupervisedParts {
  settings: AgentSettings
  centre: CentreSettings
  key: ProviderKeyAgent
  journal: JournalReader
  memory: Memory
  findings: LocalFindings
  appliance: Appliance
  crypto: EvidenceCrypto
  clock: Clock
  logger: Logger
  stopping: AbortSignal
}

/** What a box does that has a centre: heads and shipments, never two sessions at once. */
export class Supervised {
  readonly heads: Heads
  readonly #parts: SupervisedParts
  readonly #centre: Centre
  readonly #shipment: Shipment
  readonly #receipts: Receipts
  readonly #shipments = new Turn()

  private constructor(parts: SupervisedParts, positions: Positions) {
    const { settings, centre, crypto } = parts
    const { boxId, origin } = settings
    this.#parts = parts
    this.#centre = new Centre({ ...parts, settings: centre, boxId, origin })
    this.heads = new Heads({
      ...parts,
      everySeconds: settings.heads?.everySeconds ?? null,
      witnessKeys: centre.witnessKeys.map((vkey) => parseVkey(vkey, crypto)),
    })
    this.#receipts = new Receipts({
      ...parts,
      origin,
      auditKey: parseVkey(centre.auditKey, crypto),
    })
    this.#shipment = new Shipment({
      ...parts,
      origin,
      positions,
      centre: this.#centre,
      heads: this.heads,
      receipts: this.#receipts,
    })
  }

  /** @throws EvidenceError when a pinned key in the settings is none */
  static async open(parts: SupervisedParts): Promise<Supervised> {
    const { settings, crypto, journal } = parts
    const positions = new Positions(crypto, journal, positionsPath(settings))
    await positions.load()
    return new Supervised(parts, positions)
  }

  /** Sends the head that is due; undefined when another session has sent it meanwhile. */
  async sendHead(): Promise<HeadOutcome | undefined> {
    const { settings, memory, findings } = this.#parts
    const outcome = await this.#centre.withSession(
      async (session) => {
        const known = await inspect(session.welcome, settings.origin, memory, findings)
        return this.heads.send(session, known)
      },
      () => this.heads.isDue(),
    )
    await this.#receipts.handOver()
    return outcome
  }

  /** Ships everything, after a shipment that is under way. */
  ship(): Promise<ShipmentOutcome> {
    return this.#shipments.run(() => this.#shipment.run())
  }
}

/** Where positions of a log are kept in the agent's home. */
export function positionsPath({ home, origin }: Pick<AgentSettings, 'home' | 'origin'>): string {
  return join(home, `positions-${origin.replaceAll('/', '_')}.json`)
}
