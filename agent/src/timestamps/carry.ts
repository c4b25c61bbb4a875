import type { Logger } from '@probant/host'
import type { Appliance } from '../appliance/appliance.ts'
import type { CentreSession } from '../centre/session.ts'
import { AgentError, messageOf } from '../errors.ts'

/**
 * Carries the requests for time-stamps that the appliance has waiting to the centre, and the answers back; both are opaque here. One that
 * fails on the way waits for the next session.
 */
export async function carryTimestamps(
  { appliance, logger }: { appliance: Appliance; logger: Logger },
  session: CentreSession,
): Promise<void> {
  try {
    for (const { id, ...asked } of await appliance.timestampRequests()) {
      const { status, answer, lists = [], reason = '' } = await session.timestamp(asked)
      const what = status === 200 && answer !== undefined ? { answer, lists } : { status, reason }
      await appliance.giveTimestampAnswer({ id, ...what })
    }
  } catch (error) {
    if (!(error instanceof AgentError)) throw error
    logger.warn({ reason: messageOf(error) }, 'a time-stamp was not carried')
  }
}
