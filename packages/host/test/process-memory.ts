import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** Enough of a key to know it by, where an allocator has written over the rest of what was freed. */
const PIECE_BYTES = 16
const STEP_BYTES = 4 * 1024 * 1024
const PAGE_BYTES = 4096

/** What to look for: the name to report, and the bytes. */
export interface Pattern {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Every piece of 16 bytes of a secret, as it is in memory. */
export function piecesOf(name: string, secret: Uint8Array): Pattern[] {
  const patterns: Pattern[] = []
  for (let at = 0; at + PIECE_BYTES <= secret.length; at += PIECE_BYTES)
    patterns.push({ name: `${name} (raw)`, bytes: secret.slice(at, at + PIECE_BYTES) })
  return patterns
}

/** A secret as text, in one byte a character and in two, which is how V8 keeps it beside any other alphabet. */
export function textOf(name: string, text: string): Pattern[] {
  return [
    { name: `${name} (text)`, bytes: Buffer.from(text, 'utf8') },
    { name: `${name} (text, two bytes a character)`, bytes: Buffer.from(text, 'utf16le') },
  ]
}

/** A secret in every form in which it may be written somewhere: raw, hexadecimal, base64 at each of three offsets. */
export function formsOf(name: string, secret: Uint8Array): Pattern[] {
  const bytes = Buffer.from(secret)
  const encoded = [0, 1, 2].flatMap((offset) => {
    const whole = bytes.subarray(offset === 0 ? 0 : 3 - offset)
    const kept = whole.subarray(0, whole.length - (whole.length % 3))
    return ['base64' as const, 'base64url' as const].map((form) => kept.toString(form))
  })
  const hex = bytes.toString('hex')
  return [
    ...piecesOf(name, secret),
    ...[hex, hex.toUpperCase(), ...encoded].flatMap((text) => textOf(`${name} encoded`, text)),
  ]
}

/** Looks for any number of patterns in one pass. */
export class Search {
  readonly #patterns: readonly Pattern[]
  readonly #starts = new Map<number, Pattern[]>()
  readonly #first = new Uint8Array(65_536)
  readonly longest: number

  /** @param patterns of 4 bytes or more */
  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns
    this.longest = Math.max(...patterns.map(({ bytes }) => bytes.length))
    for (const pattern of patterns) {
      const start = Buffer.from(pattern.bytes).readUInt32LE()
      this.#starts.set(start, [...(this.#starts.get(start) ?? []), pattern])
      this.#first[start & 0xffff] = 1
    }
  }

  /** Names of what is in these bytes, each with how often. */
  in(bytes: Buffer, found: Map<string, number> = new Map<string, number>()): Map<string, number> {
    if (this.#patterns.length === 0) return found
    const first = this.#first
    for (let at = 0; at + 4 <= bytes.length; at += 1) {
      const start = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
      if (first[start] === 0) continue
      for (const { name, bytes: wanted } of this.#starts.get(bytes.readUInt32LE(at)) ?? [])
        if (bytes.subarray(at, at + wanted.length).equals(wanted))
          found.set(name, (found.get(name) ?? 0) + 1)
    }
    return found
  }
}

/**
 * Looks through all that a running process wrote into its memory, itself unseen: root may, also where the process forbids it to others.
 * @returns names, with how often
 */
export function searchMemory(pid: number, search: Search): Map<string, number> {
  const found = new Map<string, number>()
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const buffer = Buffer.alloc(STEP_BYTES + search.longest)
  try {
    for (const { start, end } of pagesOf(pid))
      for (let at = start; at < end; at += STEP_BYTES) {
        const wanted = Math.min(buffer.length, end - at)
        const read = readUnlessGone(memory, buffer, wanted, at)
        search.in(buffer.subarray(0, read), found)
      }
  } finally {
    closeSync(memory)
    buffer.fill(0)
  }
  return found
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Runs of pages that were ever touched, in memory or swapped out, of the ranges that the process may write. */
function pagesOf(pid: number): Range[] {
  const pageMap = openSync(`/proc/${pid}/pagemap`, 'r')
  try {
    const lines = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')
    return lines.flatMap((line) => {
      const [, start = '', end = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? []
      const range = { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) }
      return start === '' ? [] : touchedOf(pageMap, range)
    })
  } finally {
    closeSync(pageMap)
  }
}

function touchedOf(pageMap: number, { start, end }: Range): Range[] {
  const pages = (end - start) / PAGE_BYTES
  const entries = Buffer.alloc(pages * 8)
  readSync(pageMap, entries, 0, entries.length, (start / PAGE_BYTES) * 8)
  const runs: { start: number; end: number }[] = []
  for (let page = 0; page < pages; page += 1) {
    // proc_pid_pagemap(5): the two highest bits say "in memory" and "swapped"
    if ((entries[page * 8 + 7] ?? 0) < 0x40) continue
    const at = start + page * PAGE_BYTES
    const last = runs.at(-1)
    if (last?.end === at) last.end = at + PAGE_BYTES
    else runs.push({ start: at, end: at + PAGE_BYTES })
  }
  return runs
}

/** A range may be given back between the list and the look. */
function readUnlessGone(memory: number, buffer: Buffer, wanted: number, at: number): number {
  try {
    return readSync(memory, buffer, 0, wanted, at)
  } catch {
    return 0
  }
}
