import { formatTime } from '@probant/host'
import type { LocalFinding } from './findings/findings.ts'
import type { HeadOutcome } from './heads/heads.ts'
import type { Remembered } from './memory/memory.ts'
import type { AgentSettings } from './settings.ts'

/** When something was last tried and what came of it: its figures, or the error's message. */
export interface LastRun {
  atMs: number
  error?: string
  [figure: string]: number | string | null | undefined
}

/** The agent at a glance, as JSON; times are RFC 3339 in UTC. */
export interface AgentStatus {
  boxId: string
  origin: string
  /** Where the centre is; null on a box that ships by file. */
  centre: string | null
  databaseSize: number
  checkpointSize: number | null
  witnessed: { size: number; at: string } | null
  /** The witnesses beside the centre: what each cosigned last, and what came of the last head to it. */
  witnesses: {
    name: string
    url: string
    cosigned: { size: number; at: string } | null
    lastHead: object | null
  }[]
  receipt: { size: number; at: string; handedOver: boolean } | null
  /** Entries of the centre's log of cosigned heads that this box was shown; null: none yet. */
  centreLog: { size: number } | null
  lastHead: object | null
  lastShipment: object | null
  nextHead: string | null
  nextShipment: string | null
  nightsWithoutReceipt: number
  /** How many contradictions the agent itself keeps, and the newest of them. */
  findingCount: number
  findings: LocalFinding[]
}

export interface StatusFacts {
  settings: AgentSettings
  databaseSize: number
  checkpointSize: number | null
  remembered: Readonly<Remembered>
  centreLogSize: number | null
  lastHead: LastRun | undefined
  lastHeads: ReadonlyMap<string, LastRun>
  lastShipment: LastRun | undefined
  nextHeadMs: number | undefined
  nextShipmentMs: number | undefined
  nightsWithoutReceipt: number
  findings: LocalFinding[]
}

const NEWEST_FINDINGS = 50

export function statusOf(facts: StatusFacts): AgentStatus {
  const { settings, remembered } = facts
  const { centre } = settings
  const { witnessed, receipt } = remembered
  return {
    boxId: settings.boxId,
    origin: settings.origin,
    centre: centre && `${centre.host}:${centre.port}`,
    databaseSize: facts.databaseSize,
    checkpointSize: facts.checkpointSize,
    witnessed: witnessed && { size: witnessed.size, at: formatTime(witnessed.atMs) },
    witnesses: (settings.witnesses ?? []).map(({ name, url }) => {
      const cosigned = remembered.witnesses?.[name]
      return {
        name,
        url,
        cosigned: cosigned ? { size: cosigned.size, at: formatTime(cosigned.atMs) } : null,
        lastHead: dated(facts.lastHeads.get(name)),
      }
    }),
    receipt: receipt && {
      size: receipt.size,
      at: formatTime(receipt.atMs),
      handedOver: receipt.handedOver,
    },
    centreLog: facts.centreLogSize === null ? null : { size: facts.centreLogSize },
    lastHead: dated(facts.lastHead),
    lastShipment: dated(facts.lastShipment),
    nextHead: timeOf(facts.nextHeadMs),
    nextShipment: timeOf(facts.nextShipmentMs),
    nightsWithoutReceipt: facts.nightsWithoutReceipt,
    findingCount: facts.findings.length,
    findings: facts.findings.slice(-NEWEST_FINDINGS),
  }
}

/** What came of a head, for status. */
export function runOf(outcome: HeadOutcome, atMs: number): LastRun {
  return { ...outcome, findings: outcome.findings.length, atMs }
}

function dated(run: LastRun | undefined): object | null {
  if (run === undefined) return null
  const { atMs, ...figures } = run
  return { at: formatTime(atMs), ...figures }
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined || ms === Infinity ? null : formatTime(ms)
}
