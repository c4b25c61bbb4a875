import { readFile } from 'node:fs/promises'
import { decodeSegment, EvidenceError } from '@probant/evidence'
import { writeDurably } from '@probant/host'
import { ATTESTATION_FILE, parseAttestationFile, ShippingError } from '@probant/shipping'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { beginImport, importSegment, inOrder, type Filed } from '../intake/import.ts'
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
 * `probant supervisor import FILE…`: segments, and what the boxes' TPMs state. Exit 0 when every file was taken, 1 when one was refused,
 * doesn't follow what is stored or contradicts something, 2 when one is unusable.
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
    const taken: Taken[] = []
    const segments = inOrder(read.filter(({ file }) => !file.endsWith(ATTESTATION_FILE)))
    const statements = read.filter(({ file }) => file.endsWith(ATTESTATION_FILE))
    const exports = new Exports(context, segments)
    for (const each of statements) taken.push(await orRefused(each.file, () => exports.take(each)))
    for (const each of segments)
      taken.push(await orRefused(each.file, () => importOne(context, exports, each)))
    if (json) process.stdout.write(`${JSON.stringify(taken.map(({ result }) => result))}\n`)
    else for (const { result } of taken) process.stdout.write(`${lineOf(result)}\n`)
    return Math.max(0, ...taken.map(({ code }) => code))
  })
}

interface File {
  readonly file: string
  readonly bytes: Uint8Array
}

interface Taken {
  readonly result: Result
  readonly code: 0 | 1 | 2
}

/** The segments of one call, and what came with them. */
class Exports {
  readonly #context: Context
  readonly #reach = new Map<string, { upTo: number; last: string }>()
  readonly #filed = new Map<string, Filed>()

  constructor(context: Context, segments: readonly File[]) {
    this.#context = context
    for (const { file, bytes } of segments) {
      const segment = segmentIfAny(bytes)
      if (segment === undefined) continue
      const { origin, start, traces } = segment
      const upTo = start + traces.length
      if (upTo >= (this.#reach.get(origin)?.upTo ?? 0))
        this.#reach.set(origin, { upTo, last: file })
    }
  }

  async take({ file, bytes }: File): Promise<Taken> {
    const { origin, attestation } = parseAttestationFile(bytes)
    const upTo = this.#reach.get(origin)?.upTo ?? 0
    const filed = await beginImport(this.#context, origin, attestation, upTo)
    this.#filed.set(origin, filed)
    const [finding] = filed.answer.findings ?? []
    if (finding === undefined) return { result: { file, origin, status: 'accepted' }, code: 0 }
    const reason = `${finding.kind}: ${finding.found}`
    return { result: { file, origin, status: 'refused', reason }, code: 1 }
  }

  /** What a segment's import is held to; refused where the whole export came from another machine. */
  async of(origin: string, file: string): Promise<Filed> {
    const { upTo = 0, last } = this.#reach.get(origin) ?? {}
    const known = this.#filed.get(origin)
    const filed = known ?? (await beginImport(this.#context, origin, undefined, upTo))
    this.#filed.set(origin, filed)
    return file === last ? filed : { ...filed, platform: null }
  }
}

function segmentIfAny(bytes: Uint8Array) {
  try {
    return decodeSegment(bytes)
  } catch (error) {
    if (error instanceof EvidenceError) return undefined
    throw error
  }
}

async function importOne(
  context: Context,
  exports: Exports,
  { file, bytes }: File,
): Promise<Taken> {
  const { platform, answer: stated } = await exports.of(decodeSegment(bytes).origin, file)
  if (stated.status === 422)
    return { result: { file, status: 'refused', reason: 'it came from another machine' }, code: 1 }
  const { origin, answer } = await importSegment(context, bytes, platform)
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
  return { result: { ...refusal, status: status === 409 ? 'out-of-order' : 'refused' }, code: 1 }
}

async function orRefused(file: string, work: () => Promise<Taken>): Promise<Taken> {
  try {
    return await work()
  } catch (error) {
    const isOurs =
      error instanceof EvidenceError ||
      error instanceof SupervisorError ||
      error instanceof ShippingError
    if (!isOurs) throw error
    return { result: { file, status: 'refused', reason: error.message }, code: 2 }
  }
}

function lineOf({ file, status, origin, size, receipt, reason }: Result): string {
  if (status !== 'accepted') return `${file}: ${status}: ${reason ?? ''}`
  if (receipt === undefined) return `${file}: what the TPM of ${origin ?? ''} states was taken`
  return `${file}: ${origin ?? ''} stored and recomputed up to ${size ?? 0}; receipt in ${receipt}`
}
