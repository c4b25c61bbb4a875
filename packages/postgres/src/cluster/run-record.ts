import { readFile } from 'node:fs/promises'
import { writeDurably } from '@probant/host'
import { processMark, type ProcessMark } from './process-mark.ts'

/** What one run leaves for the next to find, in a file next to the data folder. */
export interface RunRecord {
  socketFolder: string
  /** The process that started the server. */
  starter: ProcessMark
}

export async function writeRunRecord(dataFolder: string, socketFolder: string): Promise<void> {
  const starter = await processMark(process.pid)
  if (starter === undefined) return
  const record: RunRecord = { socketFolder, starter }
  await writeDurably(recordPath(dataFolder), JSON.stringify(record))
}

/** Undefined when there is none, or when it isn't one: it only spares time. */
export async function readRunRecord(dataFolder: string): Promise<RunRecord | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(recordPath(dataFolder), 'utf8'))
    return isRunRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function recordPath(dataFolder: string): string {
  return `${dataFolder}.run`
}

function isRunRecord(value: unknown): value is RunRecord {
  if (typeof value !== 'object' || value === null) return false
  if (!('socketFolder' in value) || typeof value.socketFolder !== 'string') return false
  if (!('starter' in value) || typeof value.starter !== 'object') return false
  const { starter } = value
  return starter !== null && 'pid' in starter && 'startTicks' in starter
}
