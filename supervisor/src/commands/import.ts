import { readFile } from 'node:fs/promises'
import { EvidenceError } from '@probant/evidence'
import { writeDurably } from '@probant/host'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { importSegment, inOrder } from '../intake/import.ts'
import { withContext } from './with-context.ts'

interface Result {
  file: string
  status: 'accepted' | 'out-of-order' | 'refused'
  origin?: string
  size?: number
  /** The receipt, to be carried back to the box. */
  receipt?: string
  reason?: string
}

/**
 * `probant supervisor import FILE…`. Exit 0 when every file was taken, 1 when one was refused or doesn't follow what is stored,
 * 2 when one is unusable.
 */
export async function importFiles(
  settings: string,
  files: readonly string[],
  json: boolean,
): Promise<number> {
  const read = await Promise.all(
    files.map(async (file) => ({ file, bytes: new Uint8Array(await readFile(file)) })),
  )
  return withContext(settings, async (context) => {
    let exitCode = 0
    const results: Result[] = []
    for (const { file, bytes } of inOrder(read)) {
      const { result, code } = await importOne(context, file, bytes)
      results.push(result)
      exitCode = Math.max(exitCode, code)
      if (!json) process.stdout.write(`${lineOf(result)}\n`)
    }
    if (json) process.stdout.write(`${JSON.stringify(results)}\n`)
    return exitCode
  })
}

async function importOne(
  context: Context,
  file: string,
  bytes: Uint8Array,
): Promise<{ result: Result; code: number }> {
  try {
    const { origin, answer } = await importSegment(context, bytes)
    const { status, size, receipt, findings } = answer
    if (receipt !== undefined) {
      const path = `${file}.receipt`
      await writeDurably(path, receipt, 0o644)
      return { result: { file, status: 'accepted', origin, size, receipt: path }, code: 0 }
    }
    const reason =
      status === 409
        ? `the journal is stored up to ${size}: import what comes before first`
        : (findings ?? []).map(({ kind, seq }) => `${kind}${seq === null ? '' : ` at ${seq}`}`)[0]
    const refusal = { file, origin, size, ...(reason === undefined ? {} : { reason }) }
    return {
      result: { ...refusal, status: status === 409 ? 'out-of-order' : 'refused' },
      code: 1,
    }
  } catch (error) {
    if (!(error instanceof EvidenceError) && !(error instanceof SupervisorError)) throw error
    return { result: { file, status: 'refused', reason: error.message }, code: 2 }
  }
}

function lineOf({ file, status, origin, size, receipt, reason }: Result): string {
  if (status === 'accepted')
    return `${file}: ${origin ?? ''} stored and recomputed up to ${size ?? 0}; receipt in ${receipt ?? ''}`
  return `${file}: ${status}: ${reason ?? ''}`
}
