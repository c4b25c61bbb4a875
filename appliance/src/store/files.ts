import { syncFolder } from '@probant/host'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { BoxError } from '../errors.ts'

/** The calls on which the durability of files rests, given so that each of them can be seen to fail. */
export interface Disk {
  open(path: string, flags: string | number, mode?: number): Promise<FileHandle>
  rename(from: string, to: string): Promise<void>
  makeFolder(path: string): Promise<void>
  /** Makes the names in a folder durable. */
  syncFolder(folder: string): Promise<void>
  /** A file, or a folder with what it holds; succeeds when there is no such thing. */
  remove(path: string): Promise<void>
}

const machineDisk: Disk = {
  open,
  rename,
  makeFolder: (path) => mkdir(path, { mode: 0o700 }),
  syncFolder,
  remove: (path) => rm(path, { force: true, recursive: true }),
}

/** What several files are staged in: a folder of this ending, which becomes the object's. */
const SEVERAL = '.files'
const IDENTIFIER = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The encrypted files of objects: `staging/` for those being received, `objects/xx/` for those named by their identifier: a file, or
 * where an object has several a folder with files 1, 2, …. One rename makes an object of either kind appear. A file is only ever
 * written under staging, synced, then renamed. Only here are an object's files named and removed.
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

  /** Of the object's file, or of the folder with its files. */
  path(objectId: string): string {
    return join(this.#folder(objectId), objectId)
  }

  /** Where a new object's files come in. Nothing is made yet. */
  stage(objectId: string): StagedObject {
    return new StagedObject(this.#disk, join(this.#staging(), objectId))
  }

  /**
   * Makes a staged object durable under its final name: when this returns, name and bytes survive a power cut. Its files are closed in any
   * case. After an error it must be discarded: a second sync would say yes to bytes that the first one lost.
   * @throws BoxError `store-failed`
   */
  async publish(objectId: string, staged: StagedObject): Promise<void> {
    try {
      const path = await staged.settle()
      await this.#disk.rename(path, this.path(objectId))
      await this.#disk.syncFolder(this.#folder(objectId))
    } catch (cause) {
      throw storeFailed('the file could not be made durable', cause)
    }
  }

  /** Removes all files of an object, staged or published, however many. Safe to repeat. */
  async discard(objectId: string): Promise<void> {
    const staging = join(this.#staging(), objectId)
    await this.#disk.remove(staging)
    await this.#disk.remove(`${staging}${SEVERAL}`)
    await this.#disk.remove(this.path(objectId))
  }

  /** @param file its number, counted from 1, where the object has several */
  async read(objectId: string, file?: number): Promise<FileHandle> {
    const path = this.path(objectId)
    return this.#disk.open(
      file === undefined ? path : join(path, String(file)),
      constants.O_RDONLY | constants.O_NOFOLLOW,
    )
  }

  /** Identifiers of objects that are staged; at start they are all leftovers. */
  async staged(): Promise<string[]> {
    const names = await readdir(this.#staging())
    return identifiers(
      names.map((name) => (name.endsWith(SEVERAL) ? name.slice(0, -SEVERAL.length) : name)),
    )
  }

  /** Identifiers of published objects, shard by shard. */
  async *published(): AsyncGenerator<string[]> {
    for (let shard = 0; shard < 256; shard += 1)
      yield identifiers(
        await readdir(join(this.#root, 'objects', shard.toString(16).padStart(2, '0'))),
      )
  }
}

/** Anything else there (lost+found, an operator's note) is not the store's to remove. */
const identifiers = (names: readonly string[]) => names.filter((name) => IDENTIFIER.test(name))

/** The files of one object as they come in, one after the other. */
export class StagedObject {
  readonly #disk: Disk
  readonly #path: string
  #open: FileHandle | undefined
  #files = 0

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** The next file's staging file; the one before is synced and closed. Only ciphertext may be written to it. @throws BoxError `store-failed` */
  async next(): Promise<FileHandle> {
    try {
      if (this.#files > 0) await this.#settleFile()
      if (this.#files === 1) {
        await this.#disk.makeFolder(this.#several)
        await this.#disk.rename(this.#path, join(this.#several, '1'))
      }
      const path = this.#files === 0 ? this.#path : join(this.#several, String(this.#files + 1))
      this.#open = await this.#disk.open(path, 'wx', 0o600)
      this.#files += 1
      return this.#open
    } catch (cause) {
      throw storeFailed('a staging file could not be made', cause)
    }
  }

  /** Syncs what isn't yet. @returns the path to rename */
  async settle(): Promise<string> {
    await this.#settleFile()
    if (this.#files === 1) return this.#path
    await this.#disk.syncFolder(this.#several)
    return this.#several
  }

  /** Closes what is open, for an object that is given up. Safe to repeat. */
  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.close()
  }

  get #several(): string {
    return `${this.#path}${SEVERAL}`
  }

  async #settleFile(): Promise<void> {
    try {
      await this.#open?.sync()
    } finally {
      await this.close()
    }
  }
}

const storeFailed = (what: string, cause: unknown) =>
  new BoxError('store-failed', 'retryable', what, { cause })
