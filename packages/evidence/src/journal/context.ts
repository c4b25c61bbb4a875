import { fromHex, toHex } from '../bytes.ts'
import { checkBlocks } from '../blocks.ts'
import { timeMs } from '../members.ts'
import { present } from '../present.ts'
import type { Trace } from '../trace.ts'
import { contradiction, openQuestion, type FindingAtTrace } from './finding.ts'
import type { JournalState } from './state.ts'

/** Where a reader stands in a log: what the next trace is held against. */
export interface Context {
  readonly origin: string
  readonly seq: number
  /** Hex hash of the trace before; undefined after one whose bytes are not to be believed. */
  readonly prevHash: string | undefined
  readonly timeMs: number | undefined
  readonly boot: string | undefined
  readonly monotonicMs: number | undefined
  readonly unsealedSinceMs: number | undefined
  readonly overdueSinceMs: number | undefined
}

/** NTP may set a clock back a little; more is a finding. */
const allowedRegressionMs = 2_000
/** Seals come at least hourly while something is unsealed; five minutes for a machine under load. */
const sealOverdueMs = 3_900_000
/** A box that was paused writes its overdue seal within this time of its next trace. */
const sealGraceMs = 120_000

/** The context in which a state's next trace stands. */
export function contextOf(state: JournalState): Context {
  return {
    origin: state.origin,
    seq: state.size,
    prevHash: toHex(state.prev),
    timeMs: state.lastTimeMs,
    boot: state.lastBoot,
    monotonicMs: state.lastMonotonicMs,
    unsealedSinceMs: state.unsealedSinceMs,
    overdueSinceMs: state.overdueSinceMs,
  }
}

/** The members of a JournalState that a context holds. */
export function stateMembers(
  context: Context,
): Omit<JournalState, 'origin' | 'size' | 'range' | 'sha3'> {
  const { prevHash, timeMs, boot, monotonicMs, unsealedSinceMs, overdueSinceMs } = context
  return {
    // After an untrustworthy trace there is no state to go on from; zeros continue no chain.
    prev: fromHex(prevHash ?? '0'.repeat(64)),
    ...(timeMs === undefined ? {} : { lastTimeMs: timeMs }),
    ...(boot === undefined ? {} : { lastBoot: boot }),
    ...(monotonicMs === undefined ? {} : { lastMonotonicMs: monotonicMs }),
    ...(unsealedSinceMs === undefined ? {} : { unsealedSinceMs }),
    ...(overdueSinceMs === undefined ? {} : { overdueSinceMs }),
  }
}

/** The context after a trace, and what is wrong with the trace beyond its place in the chain. */
export function advance(
  context: Context,
  trace: Trace,
  hash: string,
): { readonly context: Context; readonly findings: readonly FindingAtTrace[] } {
  const seals = sealTimes(context, trace)
  const now = present(timeMs(trace.time))
  const clock = clockFinding(context, trace, now)
  const findings = [identityFinding(context, trace), blocksFinding(trace), clock, seals.finding]
  return {
    context: {
      origin: context.origin,
      seq: context.seq + 1,
      prevHash: hash,
      // The highest time seen, or many small steps back would pass; after a finding, a new beginning.
      timeMs: clock === undefined ? Math.max(now, context.timeMs ?? now) : now,
      boot: trace.boot,
      monotonicMs: trace.monotonicMs,
      unsealedSinceMs: seals.unsealedSinceMs,
      overdueSinceMs: seals.overdueSinceMs,
    },
    findings: findings.filter((finding) => finding !== undefined),
  }
}

function identityFinding({ origin }: Context, trace: Trace): FindingAtTrace | undefined {
  if (trace.origin !== origin) {
    return contradiction('wrong-box', trace.seq, `origin ${origin}`, `origin ${trace.origin}`)
  }
  if (trace.seq === 0 && trace.act !== 'log-opened') {
    return contradiction('broken-chain', 0, 'act log-opened', `act ${trace.act}`)
  }
  return undefined
}

function blocksFinding({ seq, blocks }: Trace): FindingAtTrace | undefined {
  const { verdict } = checkBlocks(blocks ?? [])
  return verdict.status === 'cannot-tell'
    ? openQuestion('format-downgrade', seq, verdict.missing, 'a critical block')
    : undefined
}

function clockFinding(context: Context, trace: Trace, now: number): FindingAtTrace | undefined {
  const { seq, time, boot, monotonicMs } = trace
  if (context.timeMs !== undefined && now < context.timeMs - allowedRegressionMs) {
    const before = new Date(context.timeMs).toISOString()
    return contradiction('clock-regression', seq, `a time not before ${before}`, time)
  }
  const before = context.boot === boot ? context.monotonicMs : undefined
  return before !== undefined && monotonicMs < before
    ? contradiction('clock-regression', seq, `monotonicMs from ${before} on`, String(monotonicMs))
    : undefined
}

/** Whether seals keep coming (formats.md section 8), by the monotonic clock within one boot. */
function sealTimes(
  context: Context,
  trace: Trace,
): {
  unsealedSinceMs: number | undefined
  overdueSinceMs: number | undefined
  finding: FindingAtTrace | undefined
} {
  const { seq, act, boot, monotonicMs } = trace
  const start = { unsealedSinceMs: monotonicMs, overdueSinceMs: undefined, finding: undefined }
  if (act === 'seal') return { ...start, unsealedSinceMs: undefined }
  const { unsealedSinceMs, overdueSinceMs } = context
  // Nobody seals while the service is down.
  if (unsealedSinceMs === undefined || context.boot !== boot || act === 'service-started') {
    return start
  }
  if (monotonicMs - unsealedSinceMs <= sealOverdueMs) {
    return { unsealedSinceMs, overdueSinceMs: undefined, finding: undefined }
  }
  if (overdueSinceMs === undefined || monotonicMs - overdueSinceMs <= sealGraceMs) {
    return { unsealedSinceMs, overdueSinceMs: overdueSinceMs ?? monotonicMs, finding: undefined }
  }
  const found = `none for ${Math.floor((monotonicMs - unsealedSinceMs) / 60_000)} minutes`
  const finding = contradiction('missing-seal', seq, 'a seal at least hourly', found)
  return { ...start, finding }
}
