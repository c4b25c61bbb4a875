import { EvidenceError, parseTrace } from '@probant/evidence'
import { formatTime, parseTime } from '@probant/host'
import type { TimestampingSettings } from '@probant/timestamping'
import { failedDatingsFrom, newestDating, outsideTokensOf } from '../store/outside-tokens.ts'
import type { Queryable } from '../store/journal.ts'

const LIMIT_HOURS = 24
const HOUR_MS = 3_600_000

/** How the box stands with authorities outside. */
export interface DatingStanding {
  /** Names of the configured ones. */
  readonly authorities: readonly string[]
  /** Traces under the newest head that was stamped. */
  readonly size: number
  /** The newest token; null where there never was one. */
  readonly last: {
    readonly time: string
    readonly authority: string
    readonly sha256: Uint8Array
  } | null
  /** When its tokens came, by the box's clock. */
  readonly receivedAtMs: number | undefined
  /** The first failed attempt since, and whether it was journalled already that the limit is over. */
  readonly failing: { readonly sinceMs: number; readonly isOverdueTold: boolean } | undefined
  /** Whether there was no token for longer than the limit. */
  readonly isOverdue: boolean
  readonly limitMs: number
}

/** Reads it from the journal and the tokens kept: a restart forgets nothing of it. */
export async function datingStanding(
  client: Queryable,
  settings: TimestampingSettings | undefined,
  nowMs: number,
): Promise<DatingStanding> {
  const limitMs = (settings?.limitHours ?? LIMIT_HOURS) * HOUR_MS
  const newest = await newestDating(client)
  const size = newest?.size ?? 0
  const [token] = newest === undefined ? [] : await outsideTokensOf(client, size)
  const failures = (await failedDatingsFrom(client, size)).flatMap(failureOf)
  const [first] = failures
  const sinceMs = newest?.receivedAtMs ?? first?.atMs
  const authorities = (settings?.authorities ?? []).map(({ name }) => name)
  return {
    authorities,
    size,
    last:
      token === undefined
        ? null
        : { time: formatTime(token.genTimeMs), authority: token.subject, sha256: token.sha256 },
    receivedAtMs: newest?.receivedAtMs,
    failing:
      first === undefined
        ? undefined
        : { sinceMs: first.atMs, isOverdueTold: failures.some(({ isOverdue }) => isOverdue) },
    isOverdue: authorities.length > 0 && sinceMs !== undefined && nowMs - sinceMs > limitMs,
    limitMs,
  }
}

function failureOf(bytes: Uint8Array): { atMs: number; isOverdue: boolean }[] {
  try {
    const { time, data } = parseTrace(bytes)
    return [{ atMs: parseTime(time), isOverdue: data['overdue'] === true }]
  } catch (error) {
    // A trace that can't be read is named by the journal's own recomputation.
    if (error instanceof EvidenceError) return []
    throw error
  }
}
