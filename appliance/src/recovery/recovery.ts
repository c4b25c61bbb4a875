import type { Logger } from '@probant/host'
import { encloseForRecovery, nodeCrypto, type Quorum, type RecoveryPublicKey } from '@probant/keys'
import type { Database } from '@probant/postgres'
import { toHex, type JsonObject } from '@probant/evidence'
import type { KeyObject } from 'node:crypto'
import type { Journal } from '../journal/journal.ts'
import { liveEpochs } from '../store/key-epochs.ts'
import { addRecoveryKey } from '../store/recovery-keys.ts'
import type { VaultCiphers } from '../store/vault-ciphers.ts'
import { countVaults } from '../store/vaults.ts'
import { checkCopies, copyData, CopyFolder } from './copies.ts'
import { readDeclaredKey, type DeclaredKey } from './declared-key.ts'

export interface RecoveryContext {
  readonly boxId: string
  readonly home: string
  readonly database: Database
  readonly journal: Journal
  readonly ciphers: VaultCiphers
  readonly log: Logger
  readonly nowMs: () => number
}

/** Keeps the key of every live epoch, and with it every vault's, enclosed to the recovery key that was declared last. */
export class Recovery {
  readonly #context: RecoveryContext
  readonly #folder: CopyFolder
  #key: DeclaredKey | undefined
  #enclosing: Promise<void> = Promise.resolve()

  constructor(context: RecoveryContext) {
    this.#context = context
    this.#folder = new CopyFolder(context.home)
  }

  /** The key that holds; undefined before a ceremony. */
  get key(): DeclaredKey | undefined {
    return this.#key
  }

  /**
   * Reads the declared key and makes, in the background, copies that are missing. A key that isn't the declared one gets no
   * copies: the log and `box fsck` say so, and deposits go on.
   */
  async start(): Promise<void> {
    try {
      this.#key = await readDeclaredKey(this.#context.database)
    } catch (error) {
      this.#context.log.error({ err: error }, 'keys of epochs are enclosed to no recovery key')
    }
    this.#encloseInBackground()
  }

  /**
   * Declares the public half of a new recovery key, journals it, and encloses the keys of the live epochs to it. Declared and durable
   * when this resolves, with every copy that could be made; the others follow at the next start.
   * @param data what else the trace says
   */
  async declare(publicKey: RecoveryPublicKey, quorum: Quorum, data: JsonObject): Promise<void> {
    const { journal, nowMs } = this.#context
    const id = toHex(publicKey.id)
    await journal.record({
      act: 'recovery-key-declared',
      outcome: 'done',
      data: { ...data, recoveryKey: id, ...quorum },
      apply: (client) =>
        addRecoveryKey(
          client,
          { id: publicKey.id, publicKey: publicKey.bytes, ...quorum },
          nowMs(),
        ),
    })
    this.#key = { publicKey, id, ...quorum }
    await this.complete()
  }

  /**
   * Keeps a copy of the key of an epoch that is about to begin.
   * @returns what the trace of its beginning says of it; nothing before a ceremony
   */
  async copyNew(epoch: number, key: Uint8Array): Promise<JsonObject> {
    await this.#enclosing
    if (this.#key === undefined) return {}
    const copy = encloseForRecovery(this.#key.publicKey, key, {
      boxId: this.#context.boxId,
      epoch,
    })
    await this.#folder.write(epoch, copy)
    return copyData(copy)
  }

  /** Makes the copies that are missing. */
  async complete(): Promise<void> {
    this.#encloseInBackground()
    await this.#enclosing
  }

  /** Whether the holders can open everything that is enclosed under this epoch; true too before a ceremony, when nothing is promised. */
  async covers(epoch: number): Promise<boolean> {
    return !(await this.#uncovered()).includes(epoch)
  }

  /** Destroys the copy of an ended epoch's key. */
  async forget(epoch: number): Promise<void> {
    await this.#folder.remove(epoch)
  }

  /** Vaults there are, and those that the holders can open. */
  async count(): Promise<{ vaults: number; copied: number }> {
    const vaults = await countVaults(this.#context.database)
    const isCopied = this.#key !== undefined && (await this.#uncovered()).length === 0
    return { vaults, copied: isCopied ? vaults : 0 }
  }

  /** Ends with the copy under way. */
  async close(): Promise<void> {
    await this.#enclosing
  }

  async #uncovered(): Promise<number[]> {
    if (this.#key === undefined) return []
    const { database } = this.#context
    const findings = await checkCopies(database, nodeCrypto, this.#folder, this.#key.id)
    return findings.map(({ epoch }) => epoch)
  }

  /** One after the other: each pass sees what the one before left. */
  #encloseInBackground(): void {
    this.#enclosing = this.#enclosing
      .then(() => this.#encloseMissing())
      .catch((error: unknown) => {
        this.#context.log.error({ err: error }, 'some epochs’ keys have no recovery copy yet')
      })
  }

  async #encloseMissing(): Promise<void> {
    const key = this.#key
    const { ciphers, database, journal } = this.#context
    if (key === undefined || journal.stoppedBecause !== undefined) return
    const uncovered = await this.#uncovered()
    for (const { number: epoch } of await liveEpochs(database))
      if (uncovered.includes(epoch)) await this.#enclose(epoch, await ciphers.epochKey(epoch), key)
  }

  async #enclose(epoch: number, key: KeyObject, { publicKey }: DeclaredKey): Promise<void> {
    const bytes = key.export()
    const copy = encloseForRecovery(publicKey, bytes, { boxId: this.#context.boxId, epoch })
    bytes.fill(0)
    await this.#folder.write(epoch, copy)
    await this.#context.journal.record({
      act: 'epoch-key-enclosed',
      outcome: 'done',
      data: { epoch, ...copyData(copy) },
    })
  }
}
