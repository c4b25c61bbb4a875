import { formatTime } from '@probant/host'
import type { Context } from '../context.ts'
import type { Fact } from '../findings/fact.ts'
import { raise } from '../findings/raise.ts'
import { insertAbsence, noteAlive, watched } from '../store/presence.ts'
import { CENTRE, DEFAULT_TENANT } from '../store/rows.ts'
import { restartHeadDeadlines } from '../store/schedules.ts'
import { headSilenceMs } from './schedule.ts'

/** Rounds come every few seconds; a longer pause is time in which nobody watched. */
const NOTICEABLE_MS = 60_000

/**
 * Notices that the centre itself was away: stopped, asleep, or its clock put forward. It comes before any judgement of a
 * round, so that no box is accused of what the centre did not see; a long absence is said once, as a finding of its own.
 */
export async function noticeAbsence(context: Context): Promise<void> {
  const nowMs = context.clock.nowMs()
  const isLong = await context.database.transaction(
    async (client) => {
      const beforeMs = await noteAlive(client, nowMs)
      if (beforeMs === null || nowMs - beforeMs <= NOTICEABLE_MS) return false
      await insertAbsence(client, beforeMs, nowMs)
      await restartHeadDeadlines(client, nowMs, headSilenceMs)
      const { boxes, shortestHeadsSeconds } = await watched(client)
      const periodMs = headSilenceMs(shortestHeadsSeconds ?? 60)
      if (boxes === 0 || nowMs - beforeMs <= 2 * periodMs) return false
      const fact = blindness(beforeMs, nowMs)
      await raise(client, context, { tenantId: DEFAULT_TENANT, boxId: CENTRE }, [
        { ...fact, expectedEvidence: null, foundEvidence: null },
      ])
      return true
    },
    { attempts: 3 },
  )
  if (isLong) context.wake()
}

function blindness(fromMs: number, toMs: number): Fact {
  const [from, to] = [formatTime(fromMs), formatTime(toMs)]
  return {
    kind: 'supervisor-was-blind',
    origin: null,
    seq: null,
    expected: 'a centre that watches',
    found: `nobody from ${from} to ${to}`,
    circumstances: { from, to },
    key: `supervisor-was-blind|${from}`,
  }
}
