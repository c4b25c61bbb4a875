import { join } from 'node:path'
import { verifyAuditReceipt, type EvidenceCrypto, type VerifierKey } from '@probant/evidence'
import { formatTime, writeDurably, type Clock } from '@probant/host'
import type { Appliance } from '../appliance/appliance.ts'
import type { CentreLog } from '../centre-log/centre-log.ts'
import { AgentError } from '../errors.ts'
import type { LocalFindings } from '../findings/findings.ts'
import type { Memory, Remembered } from '../memory/memory.ts'
import { knownTree } from './known-tree.ts'
import type { CentreSession } from './session.ts'

export interface AcceptanceOfRestore {
  home: string
  origin: string
  auditKey: VerifierKey
  crypto: EvidenceCrypto
  memory: Memory
  findings: LocalFindings
  log: CentreLog
  appliance: Appliance
  clock: Clock
}

/** Sizes that a centre is held to; null: none. */
export interface HeldTo {
  witnessed: number | null
  audited: number | null
  log: number | null
}

/** What was held before, and is now. */
export interface AcceptedRestore {
  former: HeldTo
  now: HeldTo
}

/**
 * From now on holds the centre to what it shows now, as an administrator wants who knows that it was restored from a copy. Journalled
 * by the appliance before it counts; what was held before, and the findings, are kept in the agent's folder.
 * @throws AgentError `centre-misbehaved` when what it shows isn't signed by it; `appliance-unreachable`, `appliance-refused`
 */
export async function acceptRestore(
  parts: AcceptanceOfRestore,
  session: CentreSession,
  reason: string,
): Promise<AcceptedRestore> {
  const { origin, memory, findings, log, appliance, clock, home } = parts
  const { witnessed, audited } = session.welcome
  const nowMs = clock.nowMs()
  const head = knownTree(witnessed, origin)
  const receipt = await receiptOf(parts, audited?.note)
  const newest = session.hasLog ? await session.log({ size: 0, heads: [] }) : undefined
  const shown = typeof newest?.note === 'string' ? await log.verified(newest.note) : undefined
  const former = memory.state
  const change: AcceptedRestore = {
    former: heldTo(former, log.seenSize),
    now: {
      witnessed: head?.size ?? null,
      audited: receipt?.size ?? null,
      log: shown?.checkpoint.size ?? null,
    },
  }
  await appliance.giveAcceptedRestore(change)
  const kept = { reason, at: formatTime(nowMs), ...change, memory: former }
  const name = `accepted-${formatTime(nowMs).replaceAll(':', '')}.json`
  await writeDurably(join(home, name), `${JSON.stringify(kept, undefined, 2)}\n`)
  await memory.update({
    witnessed: head && { size: head.size, atMs: nowMs },
    receipt: receipt && { ...receipt, atMs: nowMs, handedOver: true },
    sinceMs: nowMs,
    log:
      shown === undefined
        ? undefined
        : { note: shown.note, atMs: nowMs, since: shown.timestamp, pending: [] },
  })
  await findings.settle(['supervisor-rollback', 'supervisor-equivocation'])
  return change
}

async function receiptOf(
  { crypto, auditKey, origin }: AcceptanceOfRestore,
  note: string | undefined,
): Promise<{ size: number; note: string } | null> {
  if (note === undefined) return null
  const { verdict, receipt } = await verifyAuditReceipt(crypto, note, [auditKey])
  if (verdict.status !== 'valid' || receipt?.origin !== origin)
    throw new AgentError('centre-misbehaved', 'the centre shows no audit receipt that holds')
  return { size: receipt.size, note }
}

function heldTo({ witnessed, receipt }: Readonly<Remembered>, log: number | null): HeldTo {
  return { witnessed: witnessed?.size ?? null, audited: receipt?.size ?? null, log }
}
