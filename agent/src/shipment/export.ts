import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { formatTime, writeDurably, type Clock } from '@probant/host'
import type { Recomputation } from '../appliance/appliance.ts'
import type { Positions } from '../journal/positions.ts'
import { nextSegment, type BuiltSegment } from '../journal/segments.ts'
import type { JournalReader } from '../store/journal.ts'

export interface ExportParts {
  boxId: string
  origin: string
  journal: JournalReader
  positions: Positions
  clock: Clock
}

export interface ExportedFile {
  name: string
  start: number
  /** Size of the checkpoint in the file. */
  end: number
  traces: number
  sha256: string
  /** False when traces that the checkpoint covers are missing from the database. */
  complete: boolean
}

/** What an export says of itself, in `export.json` beside the segments. */
export interface ExportReport {
  format: 1
  boxId: string
  origin: string
  boxTime: string
  databaseSize: number
  /** Size from which on traces were exported, and up to which. */
  from: number
  to: number
  recomputation: Recomputation | null
  /** File with what the TPM states; null where the box has none. */
  attestation: { name: string } | { missing: string } | null
  files: ExportedFile[]
}

/**
 * Writes every signed trace from a size on as segment files (formats.md section 12), for a centre that can't be reached by
 * network, and a report. Stops after a segment whose traces are not all there: what follows can't be shipped either.
 * Existing files of the same names are replaced.
 */
export async function exportSegments(
  parts: ExportParts,
  folder: string,
  from: number,
  recomputation: Recomputation | null,
  attestation: ExportReport['attestation'],
): Promise<ExportReport> {
  const { boxId, origin, journal, positions, clock } = parts
  await mkdir(folder, { recursive: true })
  const files: ExportedFile[] = []
  let position = await positions.at(from)
  for (;;) {
    const segment = await nextSegment(journal, positions, origin, position)
    if (segment === undefined) break
    files.push(await write(folder, origin, segment))
    if (segment.after === undefined) break
    position = segment.after
  }
  const report: ExportReport = {
    format: 1,
    boxId,
    origin,
    boxTime: formatTime(clock.nowMs()),
    databaseSize: await journal.databaseSize(),
    from,
    to: position.size,
    recomputation,
    attestation,
    files,
  }
  await writeDurably(join(folder, 'export.json'), `${JSON.stringify(report, undefined, 2)}\n`)
  return report
}

async function write(folder: string, origin: string, segment: BuiltSegment): Promise<ExportedFile> {
  const { start, end, traces, bytes, after } = segment
  const digits = (size: number) => String(size).padStart(12, '0')
  const name = `${origin.replaceAll('/', '_')}.${digits(start)}-${digits(end)}.segment`
  await writeDurably(join(folder, name), bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { name, start, end, traces, sha256, complete: after !== undefined }
}
