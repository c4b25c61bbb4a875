import { toHex } from '@probant/evidence'
import { systemClock } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import { createReadStream, openAsBlob } from 'node:fs'
import { basename, resolve } from 'node:path'
import { digest } from '../deposit/reception.ts'
import { call, type Reach } from './reach.ts'

const TUS = { 'tus-resumable': '1.0.0' }
const PIECE_BYTES = 32 * 1024 * 1024
/** Failures in a row, without a byte more between them. */
const MOST_FAILURES = 10
const WAIT_MS = 2000

export interface Kept {
  readonly id: string
  readonly depositedAt: string
  readonly receipt: unknown
}

interface Sent {
  readonly title: string
  readonly idempotencyKey: string | undefined
  readonly retentionClass: string | undefined
  /** Of an upload begun before. */
  readonly upload: string | undefined
}

/**
 * Deposits a file in pieces: what a line that breaks off has brought stays, and is gone on from; also by a later command, given the
 * upload's identifier, which is told at its beginning.
 */
export async function depositResumably(to: Reach, path: string, sent: Sent): Promise<Kept> {
  const file = resolve(path)
  const blob = await openAsBlob(file)
  const upload = sent.upload ?? (await begin(to, file, blob.size, sent))
  if (sent.upload === undefined)
    process.stderr.write(`upload ${upload}: if this stops, go on with --upload ${upload}\n`)
  const at = `/uploads/${encodeURIComponent(upload)}`
  let failures = 0
  let offset = -1
  while (offset < blob.size) {
    try {
      const reached = await call(to, at, { method: 'HEAD', headers: TUS })
      const now = Number(reached.headers.get('upload-offset'))
      if (now > offset) failures = 0
      offset = now
      if (offset >= blob.size) break
      const headers = {
        ...TUS,
        'upload-offset': String(offset),
        'content-type': 'application/offset+octet-stream',
      }
      const body = blob.slice(offset, offset + PIECE_BYTES)
      await call(to, at, { method: 'PATCH', headers, body })
    } catch (error) {
      failures += 1
      if (failures >= MOST_FAILURES || isRefusal(error)) throw error
      await systemClock.sleep(WAIT_MS)
    }
  }
  const { object, reason } = (await (await call(to, at)).json()) as {
    object?: Kept
    reason?: string
  }
  if (object === undefined) throw new Error(`The upload was refused: ${reason ?? ''}`)
  return object
}

/** What will not be otherwise the next time. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'status' in error && Number(error.status) < 500

async function begin(to: Reach, file: string, size: number, sent: Sent): Promise<string> {
  const read = createReadStream(file) as AsyncIterable<Uint8Array>
  const { sha256, sha3 } = await digest(nodeCrypto, read, Number.MAX_SAFE_INTEGER)
  const said: Record<string, string> = {
    vault: to.vault,
    filename: basename(file),
    title: sent.title,
    sha256: toHex(sha256),
    'sha3-256': toHex(sha3),
    ...(sent.retentionClass === undefined ? {} : { retentionClass: sent.retentionClass }),
    ...(sent.idempotencyKey === undefined ? {} : { 'idempotency-key': sent.idempotencyKey }),
  }
  const answer = await call(to, '/uploads', {
    method: 'POST',
    headers: {
      ...TUS,
      'upload-length': String(size),
      'upload-metadata': Object.entries(said)
        .map(([name, text]) => `${name} ${Buffer.from(text).toString('base64')}`)
        .join(','),
    },
  })
  return basename(answer.headers.get('location') ?? '')
}
