import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import { raise, settle } from '../findings/raise.ts'
import { getBox } from '../store/boxes.ts'
import { openFindings } from '../store/findings.ts'
import { maintenanceDuring } from '../store/maintenance.ts'
import { openOrigin } from '../store/origins.ts'
import type { BoxKey } from '../store/rows.ts'
import { getSchedule, setHeadDue, takeOverdueHead, type KeptSchedule } from '../store/schedules.ts'
import { headSilenceMs } from './schedule.ts'

/** A head came: the next one is waited for, and silence is over. In the transaction that witnesses it. */
export async function noteHead(client: Client, context: Context, box: BoxKey): Promise<void> {
  const kept = await getSchedule(client, box)
  const every = kept?.schedule.headsEverySeconds ?? null
  if (every !== null) await setHeadDue(client, box, context.clock.nowMs() + headSilenceMs(every))
  for (const { findingId } of await openFindings(client, box, ['journal-unwitnessed']))
    await settle(client, context, box, findingId, 'heads come again')
}

/** Raises the silence of one box whose heads are overdue. @returns whether there was one */
export async function judgeOneHead(context: Context): Promise<boolean> {
  const atMs = context.clock.nowMs()
  return context.database.transaction(
    async (client) => {
      const kept = await takeOverdueHead(client, atMs)
      if (kept === undefined) return false
      const silenceMs = silenceOf(kept)
      // silence that maintenance had a part in isn't held against the box: it has its whole time again
      const maintenance = await maintenanceDuring(client, kept, atMs - silenceMs + 1, atMs)
      if (maintenance !== undefined) {
        await setHeadDue(client, kept, maintenance.endsAtMs + silenceMs)
        return true
      }
      await setHeadDue(client, kept, null)
      const fact = await silence(client, kept)
      await raise(client, context, kept, [{ ...fact, expectedEvidence: null, foundEvidence: null }])
      return true
    },
    { attempts: 3 },
  )
}

function silenceOf({ schedule }: KeptSchedule): number {
  return headSilenceMs(schedule.headsEverySeconds ?? 60)
}

async function silence(client: Client, kept: KeptSchedule): Promise<Fact> {
  const origin = await openOrigin(client, kept)
  const box = await getBox(client, kept)
  const lastMs = origin?.witnessed?.atMs ?? box?.enrolledAtMs ?? 0
  const everySeconds = kept.schedule.headsEverySeconds
  const last = formatTime(lastMs)
  const fact = factAt(
    origin?.origin ?? kept.boxId,
    'journal-unwitnessed',
    null,
    `a head every ${everySeconds ?? '?'} s`,
    `none since ${last}`,
    { lastHeadAt: last, everySeconds, refusedKeyAt: refusedSince(box?.refusedKeyAtMs, lastMs) },
  )
  return { ...fact, key: `${fact.key}|${last}` }
}

/** When another key was refused, if that was since the box was last heard of. */
export function refusedSince(
  refusedKeyAtMs: number | null | undefined,
  sinceMs: number,
): string | null {
  const isSince = typeof refusedKeyAtMs === 'number' && refusedKeyAtMs >= sinceMs
  return isSince ? formatTime(refusedKeyAtMs) : null
}
