import { setTimeout as delay } from 'node:timers/promises'
import { isRunning, type ProcessIdentity } from './identity.ts'

const LOOK_EVERY_MS = 50
/** The services give themselves 20 s to finish what they do. */
const GENTLE_MS = 25_000
/** PostgreSQL writes a checkpoint before it ends; cut short, it would recover at the next start. */
const GENTLE_DATABASE_MS = 30_000

/**
 * Asks a process to end, waits, and only then ends it by force, with what it started (each part leads
 * a process group of its own). Resolves when it is gone. Never signals a pid that was used again.
 */
export async function stopProcess(
  identity: ProcessIdentity,
  name: string,
  gentleMs = GENTLE_MS,
): Promise<void> {
  const isDatabase = name === 'postgres'
  // SIGINT is PostgreSQL's fast shutdown: SIGTERM would wait for every client to leave by itself
  signal(identity, isDatabase ? 'SIGINT' : 'SIGTERM')
  if (await gone(identity, isDatabase ? GENTLE_DATABASE_MS : gentleMs)) return
  // SIGQUIT makes PostgreSQL's own children end too, which SIGKILL of their parent does not
  if (isDatabase) {
    signal(identity, 'SIGQUIT')
    if (await gone(identity, GENTLE_MS)) return
  }
  if (isRunning(identity)) killGroup(identity)
  await gone(identity, GENTLE_MS)
}

export async function gone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  for (let waited = 0; isRunning(identity); waited += LOOK_EVERY_MS) {
    if (waited >= withinMs) return false
    await delay(LOOK_EVERY_MS)
  }
  return true
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (isRunning(identity)) send(identity.pid, name)
}

function killGroup(identity: ProcessIdentity): void {
  if (!send(-identity.pid, 'SIGKILL')) send(identity.pid, 'SIGKILL')
}

function send(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    // it ended between the look and the signal, or leads no group
    return false
  }
}
