import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { removeSocketFolder } from '../installation/sockets.ts'
import { identify, isRunning, type ProcessIdentity } from './identity.ts'
import { stopProcess } from './stop.ts'

/** Which processes a launcher started, written before any of them does anything. */
export interface ProcessRecord {
  launcher: ProcessIdentity
  guardian?: ProcessIdentity
  /** Says that the installation is ready (`demo.json`): true no longer once its launcher is gone. */
  readyFile: string
  /** Folder of the parts' sockets, to be removed when they have ended. */
  socketFolder?: string
  parts: Record<string, ProcessIdentity>
}

/** Clients before what they depend on. */
const STOP_ORDER = ['agent', 'appliance', 'supervisor', 'postgres']

export function readRecord(path: string): ProcessRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
  return isRecord(value) ? value : undefined
}

/** Whole or not at all; not synced, since after a power cut there is no process left to find. */
export function writeRecord(path: string, record: ProcessRecord): void {
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

export function removeRecord(path: string): void {
  rmSync(path, { force: true })
}

/**
 * Withdraws the file that says ready; ends every recorded part that still runs, in order, gently
 * first; removes their sockets; then forgets the record.
 * @returns the names of those that had to be ended
 */
export async function endRecordedParts(path: string): Promise<string[]> {
  const record = readRecord(path)
  const ended: string[] = []
  if (record !== undefined) rmSync(record.readyFile, { force: true })
  for (const name of STOP_ORDER) {
    const identity = record?.parts[name]
    if (identity === undefined || !isRunning(identity)) continue
    await stopProcess(identity, name)
    ended.push(name)
  }
  if (record?.socketFolder !== undefined) await removeSocketFolder(record.socketFolder)
  removeRecord(path)
  return ended
}

export function ownIdentity(): ProcessIdentity {
  const own = identify(process.pid)
  if (own === undefined) throw new Error('/proc is not mounted: this process cannot name itself')
  return own
}

function isRecord(value: unknown): value is ProcessRecord {
  if (typeof value !== 'object' || value === null) return false
  if (!('launcher' in value) || !isIdentity(value.launcher)) return false
  if (!('readyFile' in value) || !isText(value.readyFile)) return false
  if ('guardian' in value && !isIdentity(value.guardian)) return false
  if ('socketFolder' in value && !isText(value.socketFolder)) return false
  if (!('parts' in value) || typeof value.parts !== 'object' || value.parts === null) return false
  return Object.values(value.parts).every(isIdentity)
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false
  if (!('pid' in value && 'startTicks' in value && 'boot' in value)) return false
  return Number.isInteger(value.pid) && [value.startTicks, value.boot].every(isText)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}
