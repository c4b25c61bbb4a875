import { join } from 'node:path'
import { formatTime, Pace, Progress, systemClock } from '@probant/host'
import { audit, type Audit } from '../audit/audit.ts'
import { Position } from '../audit/position.ts'
import { findBox } from '../store/boxes.ts'
import { SupervisorError } from '../errors.ts'
import { withContext } from './with-context.ts'

export interface AuditOptions {
  readonly settings: string
  readonly json?: boolean
  /** MiB read in a second at most. */
  readonly rate?: number
  /** Begins anew, whatever an interrupted audit left. */
  readonly restart?: boolean
}

/**
 * `probant supervisor audit`: beside the running centre or without it.
 * @param signal interrupts it; what was done is kept
 * @returns 0 when all is as it was stored, 1 on any difference, 3 when it was interrupted
 */
export async function runAudit(
  boxes: readonly string[],
  options: AuditOptions,
  signal: AbortSignal,
): Promise<0 | 1 | 3> {
  return withContext(options.settings, async (context) => {
    for (const box of boxes)
      if ((await findBox(context.database, box)) === undefined)
        throw new SupervisorError('unknown-origin', `no box ${box} is followed`)
    const path = join(context.settings.home, 'audit.progress')
    const progress = new Progress(path, Position, systemClock, signal)
    if (options.restart === true) await progress.forget()
    const left = await progress.read()
    const isSame = left?.boxes.join() === boxes.join()
    const from =
      left !== undefined && isSame
        ? left
        : {
            begun: formatTime(systemClock.nowMs()),
            boxes: [...boxes],
            done: [],
            differences: [],
            current: null,
          }
    try {
      const result = await audit(context, {
        pace: new Pace(systemClock, options.rate, signal),
        from,
        reached: (position) => progress.reached(position),
      })
      await progress.forget()
      const whole = { ...result, wasInterrupted: from === left }
      process.stdout.write(
        options.json === true ? `${JSON.stringify(whole)}\n` : `${report(whole).join('\n')}\n`,
      )
      return result.intact ? 0 : 1
    } catch (error) {
      if (!signal.aborted) throw error
      const latest = await progress.keepLatest()
      const far = `${latest?.done.length ?? 0} journals`
      process.stderr.write(`Interrupted after ${far}; the same command goes on from there.\n`)
      return 3
    }
  })
}

function report(result: Audit & { readonly wasInterrupted: boolean }): string[] {
  const { begun, wasInterrupted, origins, alertJournals, headLogs, evidence, differences } = result
  return [
    ...(wasInterrupted
      ? [`begun ${begun}, interrupted since; what was read then was not read again`]
      : []),
    ...origins.map(
      ({ origin, traces, segments, heads }) =>
        `${origin}: ${traces} traces in ${segments} segments recomputed, with their receipts and ${heads} cosigned heads`,
    ),
    ...alertJournals.map(
      ({ origin, traces, checkpoints }) =>
        `${origin}: ${traces} entries and ${checkpoints} checkpoints of the alert journal recomputed`,
    ),
    ...headLogs.map(
      ({ origin, entries, checkpoints }) =>
        `${origin}: ${entries} cosigned heads and ${checkpoints} checkpoints of the log recomputed`,
    ),
    ...(evidence === 0 ? [] : [`evidence of findings: ${evidence} files compared`]),
    ...(origins.length === 0 ? ['no box is followed yet'] : []),
    ...differences.map(
      ({ place, seq, expected, found }) =>
        `${place}${seq === null ? '' : ` at trace ${seq}`}: expected ${expected}, found ${found}`,
    ),
    differences.length === 0 ? 'All is as it was stored.' : `${differences.length} differences.`,
  ]
}
