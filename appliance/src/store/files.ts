import { syncFolder } from '@probant/host'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { BoxError } from '../errors.ts'

/** The calls on which the durability of files rests, given so that each of them can be seen to fail. */
export interface Disk {
  open(path: string, flags: string | number, mode?: number): Promise<FileHandle>
  rename(from: string, to: string): Promise<void>
  /** Makes the names in a folder durable. */
  syncFolder(folder: string): Promise<void>
  /** Succeeds when there is no such file. */
  remove(path: string): Promise<void>
}

const machineDisk: Disk = {
  open,
  rename,
  syncFolder,
  remove: (path) => rm(path, { force: true }),
}

/**
 * The encrypted files of objects: `staging/` for those being received, `objects/xx/` for those named by their identifier.
 * A file is only ever written under staging, synced, then renamed.
 */
export class ObjectFiles {
  readonly #root: string
  readonly #disk: Disk

  constructor(home: string, disk: Disk = machineDisk) {
    this.#root = join(home, 'store')
    this.#disk = disk
  }

  async prepare(): Promise<void> {
    await mkdir(this.#staging(), { recursive: true, mode: 0o700 })
    for (let shard = 0; shard < 256; shard += 1)
      await mkdir(join(this.#root, 'objects', shard.toString(16).padStart(2, '0')), {
        recursive: true,
        mode: 0o700,
      })
    await this.#disk.syncFolder(join(this.#root, 'objects'))
    await this.#disk.syncFolder(this.#root)
  }

  #staging(): string {
    return join(this.#root, 'staging')
  }

  #folder(objectId: string): string {
    return join(this.#root, 'objects', objectId.slice(0, 2))
  }

  path(objectId: string): string {
    return join(this.#folder(objectId), objectId)
  }

  /** A new staging file. Only ciphertext may be written to it. @throws BoxError `store-failed` */
  async stage(objectId: string): Promise<FileHandle> {
    try {
      return await this.#disk.open(join(this.#staging(), objectId), 'wx', 0o600)
    } catch (cause) {
      throw storeFailed('a staging file could not be made', cause)
    }
  }

  /**
   * Makes a staged file durable under its final name: when this returns, name and bytes survive a power cut. The file is closed in any
   * case. After an error it must be discarded: a second sync would say yes to bytes that the first one lost.
   * @throws BoxError `store-failed`
   */
  async publish(objectId: string, staged: FileHandle): Promise<void> {
    try {
      try {
        await staged.sync()
      } finally {
        await staged.close()
      }
      await this.#disk.rename(join(this.#staging(), objectId), this.path(objectId))
      await this.#disk.syncFolder(this.#folder(objectId))
    } catch (cause) {
      throw storeFailed('the file could not be made durable', cause)
    }
  }

  /** Drops what a deposit that failed has left, under either name. */
  async discard(objectId: string): Promise<void> {
    await this.#disk.remove(join(this.#staging(), objectId))
    await this.#disk.remove(this.path(objectId))
  }

  async read(objectId: string): Promise<FileHandle> {
    return this.#disk.open(this.path(objectId), constants.O_RDONLY | constants.O_NOFOLLOW)
  }

  /** Every staging file; at start they are all leftovers. */
  async staged(): Promise<string[]> {
    return readdir(this.#staging())
  }

  /** Every published file's identifier, shard by shard. */
  async *published(): AsyncGenerator<string[]> {
    for (let shard = 0; shard < 256; shard += 1)
      yield await readdir(join(this.#root, 'objects', shard.toString(16).padStart(2, '0')))
  }
}

const storeFailed = (what: string, cause: unknown) =>
  new BoxError('store-failed', 'retryable', what, { cause })
