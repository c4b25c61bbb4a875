import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import type { Fact } from '../findings/fact.ts'
import { raise } from '../findings/raise.ts'
import { openFindings } from '../store/findings.ts'
import { insertAbsence, noteAlive, watched } from '../store/presence.ts'
import { CENTRE, DEFAULT_TENANT } from '../store/rows.ts'
import { restartHeadDeadlines } from '../store/schedules.ts'
import { headSilenceMs } from './schedule.ts'

/** Rounds come every few seconds; a longer pause is time in which nobody watched. */
const NOTICEABLE_MS = 60_000

/** So far apart may the clocks of front ends be that serve one database. */
const FRONT_ENDS_APART_MS = 120_000

/**
 * Notices that the centre itself was away: stopped, asleep, or its clock put forward. It comes before any judgement of a
 * round, so that no box is accused of what the centre did not see; a long absence is said once, as a finding of its own. A clock that
 * was put back is said as well, and silence is waited for from the new time on: the old deadlines would come that much later.
 */
export async function noticeAbsence(context: Context): Promise<void> {
  const nowMs = context.clock.nowMs()
  const isLong = await context.database.transaction(
    async (client) => {
      const beforeMs = await noteAlive(client, nowMs)
      if (beforeMs === null) return false
      if (beforeMs - nowMs > FRONT_ENDS_APART_MS)
        return noticeSetBack(client, context, beforeMs, nowMs)
      if (nowMs - beforeMs <= NOTICEABLE_MS) return false
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

async function noticeSetBack(
  client: Client,
  context: Context,
  beforeMs: number,
  nowMs: number,
): Promise<boolean> {
  await restartHeadDeadlines(client, nowMs, headSilenceMs, 'was put back')
  const centre = { tenantId: DEFAULT_TENANT, boxId: CENTRE }
  // front ends that don't agree on the time would say it at each round
  if ((await openFindings(client, centre, ['clock-regression'])).length > 0) return false
  const [before, now] = [formatTime(beforeMs), formatTime(nowMs)]
  await raise(client, context, centre, [
    {
      kind: 'clock-regression',
      origin: null,
      seq: null,
      expected: `a time not before ${before}`,
      found: now,
      circumstances: { centreWasAt: before, centreIsAt: now },
      key: `clock-regression|${before}`,
      ...{ expectedEvidence: null, foundEvidence: null },
    },
  ])
  return true
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
