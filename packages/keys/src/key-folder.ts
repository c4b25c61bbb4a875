import { link, mkdir, readFile, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder, writeDurably, type Randomness } from '@probant/host'
import { toHex } from '@probant/evidence'
import { KeyError } from './errors.ts'
import { checkLabel } from './refusals.ts'

/** One file a key, readable by its owner only. */
export class KeyFolder {
  readonly #path: string
  readonly #randomness: Randomness

  private constructor(path: string, randomness: Randomness) {
    this.#path = path
    this.#randomness = randomness
  }

  /** Makes the folder (0700) when it isn't there. @throws KeyError `unsafe-permissions` when others could enter it */
  static async open(path: string, randomness: Randomness): Promise<KeyFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await refuseOthers(path)
    return new KeyFolder(path, randomness)
  }

  /** The file's bytes, or undefined when there is none. @throws KeyError `unsafe-permissions` */
  async read(label: string): Promise<Uint8Array | undefined> {
    const path = this.#fileOf(label)
    try {
      const bytes = await readFile(path)
      await refuseOthers(path)
      return bytes
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Durable when it resolves; of several callers, in any process, one succeeds. @throws KeyError `already-exists` */
  async create(label: string, content: string): Promise<void> {
    const staging = join(this.#path, `.${label}.${toHex(this.#randomness.bytes(8))}.new`)
    await writeDurably(staging, content, 0o600)
    try {
      // unlike rename, link never replaces
      await link(staging, this.#fileOf(label))
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
        throw new KeyError('already-exists', `there is a key ${label} already`, { cause })
      }
      throw cause
    } finally {
      await unlink(staging)
      await syncFolder(this.#path)
    }
  }

  /** Removed durably when it resolves; one that isn't there is no error. */
  async remove(label: string): Promise<void> {
    await rm(this.#fileOf(label), { force: true })
    await syncFolder(this.#path)
  }

  #fileOf(label: string): string {
    checkLabel(label)
    return join(this.#path, `${label}.key.json`)
  }
}

async function refuseOthers(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8)
    throw new KeyError(
      'unsafe-permissions',
      `${path} is open to others than its owner (mode ${octal}): run chmod go= on it`,
    )
  }
}
