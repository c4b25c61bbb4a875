import { readFileSync } from 'node:fs'

/**
 * Names one process for good: pids are used again, so the time it started (in clock ticks since boot,
 * proc(5) field 22) and the machine's boot stand beside it.
 */
export interface ProcessIdentity {
  pid: number
  startTicks: string
  boot: string
}

/** @returns undefined when no such process exists, or it is a zombie that nobody waited for yet */
export function identify(pid: number): ProcessIdentity | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // the second field is the program's name in parentheses and may itself hold spaces and parentheses
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  const startTicks = fields[19]
  if (state === 'Z' || state === 'X' || startTicks === undefined) return undefined
  return { pid, startTicks, boot: bootId() }
}

export function isRunning(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid)
  return now?.startTicks === identity.startTicks && now.boot === identity.boot
}

let boot: string | undefined

function bootId(): string {
  return (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'ascii').trim())
}
