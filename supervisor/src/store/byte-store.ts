import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { equalBytes, toHex } from '@probant/evidence'
import { syncFolder, writeDurably } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import { SupervisorError } from '../errors.ts'

/**
 * Bytes in files named by their SHA-256. A file is written before the row that names it is committed, so a crash leaves at
 * most a file that no row names: harmless, and found again when the same bytes come again.
 */
export interface ByteStore {
  /**
   * Keeps the bytes; durable, with the names of their folders, when this resolves. Safe to repeat and to run concurrently.
   * @returns their SHA-256
   */
  put(bytes: Uint8Array): Promise<Uint8Array>
  /** @throws SupervisorError `stored-bytes-altered` when the file is gone or holds other bytes */
  get(sha256: Uint8Array): Promise<Uint8Array>
}

/** A store in `folder`, which is created when it is missing. */
export async function openByteStore(folder: string): Promise<ByteStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await syncFolder(dirname(folder))
  /** Folders whose own names are durable. */
  const durable = new Set<string>()
  return {
    async put(bytes) {
      const digest = sha256(bytes)
      const path = pathOf(folder, digest)
      if (await holds(path, bytes)) return digest
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeDurably(path, bytes)
      if (!durable.has(dirname(path))) await syncFolder(folder)
      durable.add(dirname(path))
      return digest
    },
    async get(digest) {
      const bytes = await readFile(pathOf(folder, digest)).catch((cause: unknown) => {
        throw altered(digest, cause)
      })
      if (toHex(sha256(bytes)) !== toHex(digest)) throw altered(digest)
      return new Uint8Array(bytes)
    },
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return nodeCrypto.hash('sha256', bytes)
}

/** Two levels, so that no folder grows beyond what a file system lists well. */
function pathOf(folder: string, digest: Uint8Array): string {
  const hex = toHex(digest)
  return join(folder, hex.slice(0, 2), hex)
}

/** What is there but changed is written again: the bytes came back, so the disk is repaired. */
async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  const found = await readFile(path).catch(() => undefined)
  return found !== undefined && equalBytes(found, bytes)
}

function altered(digest: Uint8Array, cause?: unknown): SupervisorError {
  return new SupervisorError(
    'stored-bytes-altered',
    `the stored bytes ${toHex(digest)} are gone or changed`,
    cause,
  )
}
