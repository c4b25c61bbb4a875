import { readFile } from 'node:fs/promises'

/** Names one process for good: a pid alone is given again to others. */
export interface ProcessMark {
  pid: number
  /** Clock ticks from boot to its start, field 22 of /proc/PID/stat. */
  startTicks: string
}

/** The mark of a running process, undefined when there is none. */
export async function processMark(pid: number): Promise<ProcessMark | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // the second field is a name in brackets that may itself hold spaces and brackets
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, startTicks] = [fields?.[0], fields?.[19]]
  if (startTicks === undefined || state === 'Z' || state === 'X') return undefined
  return { pid, startTicks }
}

export async function isAlive(mark: ProcessMark): Promise<boolean> {
  return (await processMark(mark.pid))?.startTicks === mark.startTicks
}
