import { join } from 'node:path'
import {
  parseAuditReceipt,
  parseVkey,
  type AuditReceipt,
  type EvidenceCrypto,
  type VerifierKey,
} from '@probant/evidence'
import type { Clock, Logger } from '@probant/host'
import type { Appliance } from './appliance/appliance.ts'
import type { Platform } from './attestation/platform.ts'
import { CentreLog } from './centre-log/centre-log.ts'
import { compareLogs, type LogComparison } from './centre-log/comparison.ts'
import { acceptRestore, type AcceptedRestore } from './centre/accepted-restore.ts'
import { Centre } from './centre/centre.ts'
import { inspect } from './centre/inspection.ts'
import { Turn } from './centre/turn.ts'
import { AgentError, messageOf } from './errors.ts'
import type { LocalFindings } from './findings/findings.ts'
import { Heads, type HeadOutcome } from './heads/heads.ts'
import type { Round } from './heads/round.ts'
import { Positions } from './journal/positions.ts'
import type { Memory } from './memory/memory.ts'
import type { AgentSettings, CentreSettings } from './settings.ts'
import { Receipts } from './shipment/receipts.ts'
import { Shipment, type ShipmentOutcome } from './shipment/shipment.ts'
import type { ProviderKeyAgent } from './ssh/signing-key.ts'
import type { JournalReader } from './store/journal.ts'
import { carryTimestamps } from './timestamps/carry.ts'

export interface SupervisedParts {
  settings: AgentSettings
  centre: CentreSettings
  key: ProviderKeyAgent
  journal: JournalReader
  round: Round
  memory: Memory
  findings: LocalFindings
  appliance: Appliance
  platform?: Platform | undefined
  crypto: EvidenceCrypto
  clock: Clock
  logger: Logger
  stopping: AbortSignal
}

/** What a box does that has a centre: heads and shipments, never two sessions at once. */
export class Supervised {
  readonly heads: Heads
  readonly log: CentreLog
  readonly #parts: SupervisedParts
  readonly #centre: Centre
  readonly #shipment: Shipment
  readonly #receipts: Receipts
  readonly #positions: Positions
  readonly #shipments = new Turn()
  readonly #auditKey: VerifierKey

  private constructor(parts: SupervisedParts, positions: Positions) {
    const { settings, centre, crypto } = parts
    const { boxId, origin } = settings
    this.#parts = parts
    this.#positions = positions
    this.#centre = new Centre({ ...parts, settings: centre, boxId, origin })
    const witnessKeys = centre.witnessKeys.map((vkey) => parseVkey(vkey, crypto))
    this.log = new CentreLog({ ...parts, witnessKeys })
    this.heads = new Heads({
      ...parts,
      log: this.log,
      everySeconds: settings.heads?.everySeconds ?? null,
      witnessKeys,
    })
    this.#auditKey = parseVkey(centre.auditKey, crypto)
    this.#receipts = new Receipts({ ...parts, origin, auditKey: this.#auditKey })
    this.#shipment = new Shipment({
      ...parts,
      origin,
      positions,
      centre: this.#centre,
      heads: this.heads,
      log: this.log,
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
        known.findings.push(...(await this.log.check(session)))
        const outcome = await this.heads.send(session, known, 'of the round')
        await carryTimestamps(this.#parts, session)
        return outcome
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

  /** Holds another client's view of the centre's log against this box's. @throws as compareLogs */
  compareLog(note: string): Promise<LogComparison> {
    const { crypto } = this.#parts
    return compareLogs({ centre: this.#centre, log: this.log, crypto }, note)
  }

  /** Accepts that the centre was restored from a copy. @throws as acceptRestore */
  async acceptRestore(reason: string): Promise<AcceptedRestore> {
    const { home, origin } = this.#parts.settings
    const parts = { ...this.#parts, home, origin, auditKey: this.#auditKey, log: this.log }
    return this.#shipments.run(async () => {
      const accepted = await this.#centre.withSession((session) =>
        acceptRestore(parts, session, reason),
      )
      if (accepted === undefined) throw new AgentError('stopping', 'the agent is stopping')
      return accepted
    })
  }

  /**
   * Takes an audit receipt that came back by file; durable and handed over when this resolves.
   * @returns the size that it covers
   * @throws AgentError `unusable-file` when it is none or covers traces that are not here, and as Receipts.accept
   */
  takeReceipt(note: string): Promise<number> {
    return this.#shipments.run(async () => {
      const { size } = readReceipt(note)
      const position = await this.#positions.at(size)
      if (position.size !== size)
        throw new AgentError(
          'unusable-file',
          `the receipt covers ${size} traces, more than are here`,
        )
      await this.#receipts.accept(note, position)
      this.#positions.remember(position)
      await this.#positions.save()
      await this.#receipts.handOver()
      return size
    })
  }
}

function readReceipt(note: string): AuditReceipt {
  try {
    return parseAuditReceipt(note)
  } catch (error) {
    throw new AgentError('unusable-file', `not an audit receipt: ${messageOf(error)}`, error)
  }
}

/** Where positions of a log are kept in the agent's home. */
export function positionsPath({ home, origin }: Pick<AgentSettings, 'home' | 'origin'>): string {
  return join(home, `positions-${origin.replaceAll('/', '_')}.json`)
}
