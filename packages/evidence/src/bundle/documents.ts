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
 */
export async function checkDocuments(
  hashing: Hashing,
  source: BundleSource,
  statement: Statement,
  given: AsyncIterable<Uint8Array> | undefined,
): Promise<DocumentsCheck> {
  const verdicts: Verdict[] = [valid]
  const present = new Set(source.entries.map((entry) => entry.name))
  const compared = new Map<number, 'bundle' | 'given'>()
  for (const [at, file] of statement.files.entries()) {
    const name = documentName(at + 1)
    if (!present.has(name)) continue
    const found = await measure(hashing, source.stream(name))
    compared.set(at, 'bundle')
    if (!isSame(found, file)) verdicts.push(differs(name, found, file, statement.receivedAt))
  }
  if (given !== undefined) {
    const found = await measure(hashing, given)
    const at = statement.files.findIndex((file) => isSame(found, file))
    const [first] = statement.files
    if (at >= 0) compared.set(at, 'given')
    else if (first) verdicts.push(differs('the file given', found, first, statement.receivedAt))
  }
  const documents = statement.files.map((file, at) => ({
    name: documentName(at + 1),
    size: file.size,
    mediaType: file.mediaType,
    digests: file.digests,
    compared: compared.get(at) ?? null,
  }))
  return { verdict: combine(verdicts), documents }
}

interface Measure {
  readonly digests: Digests
  readonly size: number
}

async function measure(hashing: Hashing, pieces: AsyncIterable<Uint8Array>): Promise<Measure> {
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
    found.digests.sha256 === file.digests.sha256 &&
    found.digests['sha3-256'] === file.digests['sha3-256']
  )
}

function differs(where: string, found: Measure, file: StatementFile, since: string): Verdict {
  const what =
    found.size === file.size
      ? `${where} is not what was archived: SHA-256 ${found.digests.sha256}, SHA3-256 ${found.digests['sha3-256']}`
      : `${where} is not what was archived: ${found.size} bytes instead of ${file.size}`
  return { status: 'invalid', code: 'altered-document', what, where, since }
}
