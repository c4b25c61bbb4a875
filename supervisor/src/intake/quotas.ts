import { formatTime } from '@probant/host'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { overQuota } from '../findings/quota.ts'
import { addUsage } from '../store/box-usage.ts'
import { raiseInSession, type Session } from './session.ts'

/** Ten million traces, and four times what they take. */
const SEGMENTS_PER_DAY = 10_000
const BYTES_PER_DAY = 16 * 1024 ** 3

/**
 * Counts a segment against what its box may send in a day of UTC. One too many is a finding, once a day, and ends the session: the
 * agent tries again later, and what it has is taken on another day.
 * @throws SupervisorError `over-quota`
 */
export async function chargeSegment(
  context: Context,
  session: Session,
  bytes: number,
): Promise<void> {
  const { database, clock, settings } = context
  const { segmentsPerDay = SEGMENTS_PER_DAY, bytesPerDay = BYTES_PER_DAY } = settings.quotas ?? {}
  const day = formatTime(clock.nowMs()).slice(0, 10)
  const used = await addUsage(database, session.box, day, { segments: 1, bytes })
  const limit =
    used.segments > segmentsPerDay
      ? `at most ${segmentsPerDay} segments a day`
      : used.bytes > bytesPerDay
        ? `at most ${bytesPerDay} bytes a day`
        : undefined
  if (limit === undefined) return
  await raiseInSession(context, session, [overQuota(session.origin.origin, limit, day)])
  throw new SupervisorError('over-quota', `${limit}; come again on another day`)
}
