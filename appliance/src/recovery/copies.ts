import { parseTrace, toHex, type EvidenceCrypto, type JsonObject } from '@probant/evidence'
import { syncFolder, writeDurably } from '@probant/host'
import { KeyError, nodeCrypto, recoveryKeyIdOf } from '@probant/keys'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Queryable } from '../store/journal.ts'
import { liveEpochs } from '../store/key-epochs.ts'
import { declarations } from '../store/signing-keys.ts'

/** What is wrong with the recovery copy of an epoch's key. */
export interface CopyFinding {
  readonly kind: 'no-recovery-copy' | 'recovery-copy-of-another-key' | 'recovery-copy-altered'
  readonly epoch: number
  readonly what: string
}

/** Data of the traces that say to which key an epoch's key was enclosed, and to which bytes. */
export function copyData(copy: Uint8Array): JsonObject {
  return {
    recoveryKey: toHex(recoveryKeyIdOf(copy)),
    copySha256: toHex(nodeCrypto.hash('sha256', copy)),
  }
}

/**
 * The keys of epochs, enclosed to the recovery key: a file each, outside the database, so that the copies of a database that people keep
 * don't hold them.
 */
export class CopyFolder {
  readonly path: string

  /** @param home of the box */
  constructor(home: string) {
    this.path = join(home, 'recovery')
  }

  fileOf(epoch: number): string {
    return join(this.path, `epoch-${epoch}.copy`)
  }

  async read(epoch: number): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.fileOf(epoch))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Durable when it resolves, in the place of a former one. */
  async write(epoch: number, copy: Uint8Array): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 })
    await writeDurably(this.fileOf(epoch), copy)
  }

  async remove(epoch: number): Promise<void> {
    if ((await this.read(epoch)) === undefined) return
    await rm(this.fileOf(epoch), { force: true })
    await syncFolder(this.path)
  }
}

/**
 * Compares every live epoch's copy with the key that holds and with the trace that made it. Whether a copy opens only the holders can
 * tell; that it is the one the box made, the journal tells.
 * @param keyId hex of the declared key's id
 */
export async function checkCopies(
  client: Queryable,
  crypto: EvidenceCrypto,
  folder: CopyFolder,
  keyId: string,
): Promise<CopyFinding[]> {
  const findings: CopyFinding[] = []
  const made = await copiesMade(client)
  for (const { number: epoch } of await liveEpochs(client)) {
    const copy = await folder.read(epoch)
    const finding = checkCopy(crypto, keyId, copy, made.get(epoch))
    if (finding !== undefined) findings.push({ ...finding, epoch })
  }
  return findings
}

/** By epoch, the hex SHA-256 of the copy that the journal names last. */
async function copiesMade(client: Queryable): Promise<Map<number, string>> {
  const made = new Map<number, string>()
  for (const bytes of await declarations(client, 'key-epoch-begun', 'epoch-key-enclosed')) {
    const { epoch, copySha256 } = parseTrace(bytes).data
    if (typeof epoch === 'number' && typeof copySha256 === 'string') made.set(epoch, copySha256)
  }
  return made
}

function checkCopy(
  crypto: EvidenceCrypto,
  keyId: string,
  copy: Uint8Array | undefined,
  made: string | undefined,
): Omit<CopyFinding, 'epoch'> | undefined {
  if (copy === undefined)
    return { kind: 'no-recovery-copy', what: 'its keys can’t be recovered by the holders' }
  const to = copiedTo(copy)
  if (to === undefined)
    return { kind: 'recovery-copy-altered', what: 'the stored bytes are no recovery copy' }
  if (to !== keyId)
    return { kind: 'recovery-copy-of-another-key', what: `it is for the recovery key ${to}` }
  if (made === toHex(crypto.hash('sha256', copy))) return undefined
  return { kind: 'recovery-copy-altered', what: 'it is not the copy that the journal names' }
}

/** Hex of the id of the recovery key that a copy is for; undefined when the bytes aren't one. */
function copiedTo(copy: Uint8Array): string | undefined {
  try {
    return toHex(recoveryKeyIdOf(copy))
  } catch (error) {
    if (error instanceof KeyError) return undefined
    throw error
  }
}
