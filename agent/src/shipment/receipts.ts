import {
  equalBytes,
  toHex,
  verifyAuditReceipt,
  type EvidenceCrypto,
  type VerifierKey,
} from '@probant/evidence'
import type { Clock, Logger } from '@probant/host'
import type { Appliance } from '../appliance/appliance.ts'
import { AgentError, messageOf } from '../errors.ts'
import type { LocalFindings } from '../findings/findings.ts'
import type { Position } from '../journal/position.ts'
import type { Memory } from '../memory/memory.ts'

export interface ReceiptParts {
  crypto: EvidenceCrypto
  origin: string
  auditKey: VerifierKey
  memory: Memory
  findings: LocalFindings
  appliance: Appliance
  clock: Clock
  logger: Logger
}

/** Audit receipts: checked, remembered, and handed to the appliance, which journals them. */
export class Receipts {
  readonly #parts: ReceiptParts

  constructor(parts: ReceiptParts) {
    this.#parts = parts
  }

  /**
   * Accepts a receipt for everything before a position, if the pinned audit key signed it and its root is the one that this
   * box computed from the bytes it shipped. Durable when this resolves.
   * @throws AgentError `centre-misbehaved`; the contradiction is then kept as a finding
   */
  async accept(note: string, shipped: Position): Promise<void> {
    const { crypto, origin, auditKey, memory, clock } = this.#parts
    const { verdict, receipt } = await verifyAuditReceipt(crypto, note, [auditKey])
    if (verdict.status === 'cannot-tell')
      throw new AgentError('centre-misbehaved', `a receipt can't be checked: ${verdict.missing}`)
    if (verdict.status === 'invalid' || receipt === undefined) {
      const why = verdict.status === 'invalid' ? verdict.what : 'unreadable'
      await this.#report('bad-checkpoint-signature', 'an audit receipt by the pinned key', why)
      throw new AgentError('centre-misbehaved', `an audit receipt that doesn't hold: ${why}`)
    }
    const root = shipped.root()
    const isOurs = receipt.origin === origin && receipt.size === shipped.size
    if (!isOurs || !equalBytes(receipt.root, root)) {
      await this.#report(
        'supervisor-equivocation',
        `${origin}, size ${shipped.size}, root ${toHex(root)}`,
        `${receipt.origin}, size ${receipt.size}, root ${toHex(receipt.root)}`,
      )
      throw new AgentError('centre-misbehaved', 'an audit receipt for what was not shipped')
    }
    if (receipt.size <= (memory.state.receipt?.size ?? 0)) return
    await memory.update({
      receipt: { size: receipt.size, note, atMs: clock.nowMs(), handedOver: false },
    })
  }

  /** Gives the newest receipt to the appliance unless it has it; one that is away gets it at the next call. */
  async handOver(): Promise<void> {
    const { memory, appliance, logger } = this.#parts
    const { receipt } = memory.state
    if (receipt === null || receipt.handedOver) return
    try {
      await appliance.giveAuditReceipt(receipt.note)
      await memory.update({ receipt: { ...receipt, handedOver: true } })
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'the appliance did not take the audit receipt')
    }
  }

  async #report(
    kind: 'bad-checkpoint-signature' | 'supervisor-equivocation',
    expected: string,
    found: string,
  ): Promise<void> {
    await this.#parts.findings.report({ kind, seq: null, expected, found })
  }
}
