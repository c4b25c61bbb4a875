import { readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@probant/host'
import { PostgresError } from '../errors.ts'
import { isAlive, type ProcessMark } from './process-mark.ts'

const FAST_SHUTDOWN_MS = 20_000
const IMMEDIATE_SHUTDOWN_MS = 5_000
const POLL_MS = 50

/**
 * Stops the server that a killed starter left running on this data folder, and only that: the process
 * in postmaster.pid whose working folder is this very data folder. A pid file that names another
 * process (pids are used again after a restart) is removed, since PostgreSQL would refuse to start.
 * @param starter who started it, by the earlier run's record
 * @throws PostgresError `cluster` when its starter is alive, or when it can't be stopped
 */
export async function stopPrevious(
  dataFolder: string,
  starter: ProcessMark | undefined,
  log: Logger,
): Promise<void> {
  const pid = await recordedPid(dataFolder)
  if (pid === undefined) return
  if (!(await worksIn(pid, dataFolder))) {
    await unlink(join(dataFolder, 'postmaster.pid')).catch(() => undefined)
    return
  }
  if (starter !== undefined && (await isAlive(starter)))
    throw new PostgresError(
      'cluster',
      `${dataFolder} is in use by process ${starter.pid}: stop it first, or set PROBANT_HOME to ` +
        'another folder',
    )
  log.warn({ pid }, 'stopping the database server that an earlier run left behind')
  await end(pid, dataFolder)
}

async function recordedPid(dataFolder: string): Promise<number | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return Number.isInteger(pid) && pid > 1 ? pid : undefined
}

/** By device and inode, since a server in a mount namespace sees its folder under another name. */
async function worksIn(pid: number, dataFolder: string): Promise<boolean> {
  try {
    const [its, ours] = await Promise.all([stat(`/proc/${pid}/cwd/`), stat(dataFolder)])
    return its.dev === ours.dev && its.ino === ours.ino
  } catch {
    return false
  }
}

async function end(pid: number, dataFolder: string): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
  ] as const) {
    signalTo(pid, signal)
    for (let waitedMs = 0; waitedMs < waitMs; waitedMs += POLL_MS) {
      if (!(await worksIn(pid, dataFolder))) return
      await delay(POLL_MS)
    }
  }
  throw new PostgresError(
    'cluster',
    `the database server of an earlier run (process ${pid}) doesn't stop: end it with "kill ${pid}"`,
  )
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // gone meanwhile, or not ours to stop: the wait that follows tells which
  }
}
