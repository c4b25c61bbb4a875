import { toHex } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import type { Digests, Statement, StatementFile } from '../statement.ts'
import { combine, valid, type Verdict } from '../verdict.ts'
import { documentName } from './names.ts'
import type { DocumentFact } from './report.ts'
import type { BundleSource } from './source.ts'

export interface DocumentsCheck {
  readonly verdict: Verdict
  readonly documents: readonly DocumentFact[]
}

/**
 * Compares the documents that are there, in the bundle or given beside it, by both algorithms and their size. One
 * that is nowhere is not compared, which is reported and makes nothing invalid.
 *
 * @param given a file that should be one of the documents
 * @param held a file that may be one of them
 */
export async function checkDocuments(
  hashing: Hashing,
  source: BundleSource,
  statement: Statement,
  given: AsyncIterable<Uint8Array> | undefined,
  held?: Measure,
): Promise<DocumentsCheck> {
  const verdicts: Verdict[] = [valid]
  const present = new Map(source.entries.map((entry) => [entry.name, entry.size]))
  const compared = new Map<number, 'bundle' | 'given'>()
  for (const [at, file] of statement.files.entries()) {
    const name = documentName(at + 1)
    const size = present.get(name)
    if (size === undefined) continue
    compared.set(at, 'bundle')
    // One of another size need not be unpacked, however large it says it is.
    const found = size === file.size ? await measure(hashing, source.stream(name)) : { size }
    if (!isSame(found, file)) verdicts.push(differs(name, found, file, statement.receivedAt))
  }
  if (given !== undefined) {
    const found = await measure(hashing, given)
    const at = statement.files.findIndex((file) => isSame(found, file))
    const [first] = statement.files
    if (at >= 0) compared.set(at, 'given')
    else if (first) verdicts.push(differs('the file given', found, first, statement.receivedAt))
  }
  if (held !== undefined)
    for (const [at, file] of statement.files.entries())
      if (isSame(held, file)) compared.set(at, 'given')
  const documents = statement.files.map((file, at) => ({
    name: documentName(at + 1),
    size: file.size,
    mediaType: file.mediaType,
    digests: file.digests,
    compared: compared.get(at) ?? null,
  }))
  return { verdict: combine(verdicts), documents }
}

/** What a file is known by. */
export interface Measure {
  /** Undefined where the size says enough. */
  readonly digests?: Digests
  readonly size: number
}

export async function measure(
  hashing: Hashing,
  pieces: AsyncIterable<Uint8Array>,
): Promise<Required<Measure>> {
  const sha256 = hashing.incremental('sha256')
  const sha3 = hashing.incremental('sha3-256')
  let size = 0
  for await (const piece of pieces) {
    sha256.update(piece)
    sha3.update(piece)
    size += piece.length
  }
  return { digests: { sha256: toHex(sha256.digest()), 'sha3-256': toHex(sha3.digest()) }, size }
}

function isSame(found: Measure, file: StatementFile): boolean {
  return (
    found.size === file.size &&
    found.digests?.sha256 === file.digests.sha256 &&
    found.digests['sha3-256'] === file.digests['sha3-256']
  )
}

function differs(where: string, found: Measure, file: StatementFile, since: string): Verdict {
  const { digests, size } = found
  const how =
    digests === undefined || size !== file.size
      ? `${size} bytes instead of ${file.size}`
      : `SHA-256 ${digests.sha256}, SHA3-256 ${digests['sha3-256']}`
  const what = `${where} is not what was archived: ${how}`
  return { status: 'invalid', code: 'altered-document', what, where, since }
}
