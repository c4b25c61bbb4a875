import type { Logger } from '@probant/host'
import type { Quorum, RecoveryPublicKey } from '@probant/keys'
import type { Database } from '@probant/postgres'
import { toHex, type JsonObject } from '@probant/evidence'
import type { Journal } from '../journal/journal.ts'
import type { VaultCiphers } from '../store/cipher.ts'
import { addRecoveryKey, setRecoveryCopy } from '../store/recovery-keys.ts'
import { allVaults, type Vault } from '../store/vaults.ts'
import { copiedTo, copyData } from './copies.ts'
import { readDeclaredKey, type DeclaredKey } from './declared-key.ts'

/** Keys enclosed under one checkpoint. */
const VAULTS_AT_ONCE = 32

export interface RecoveryContext {
  readonly database: Database
  readonly journal: Journal
  readonly ciphers: VaultCiphers
  readonly log: Logger
  readonly nowMs: () => number
}

/** Keeps every vault's key enclosed to the recovery key that was declared last. */
export class Recovery {
  readonly #context: RecoveryContext
  #key: DeclaredKey | undefined
  #enclosing: Promise<void> = Promise.resolve()
  #isClosing = false

  constructor(context: RecoveryContext) {
    this.#context = context
  }

  /** The key that holds; undefined before a ceremony. */
  get key(): DeclaredKey | undefined {
    return this.#key
  }

  /**
   * Reads the declared key and goes on, in the background, with copies that are missing. A key that isn't the declared one gets no
   * copies: the log and `box fsck` say so, and deposits go on.
   */
  async start(): Promise<void> {
    try {
      const key = await readDeclaredKey(this.#context.database)
      if (key !== undefined) this.#holds(key)
    } catch (error) {
      this.#context.log.error({ err: error }, 'vault keys are enclosed to no recovery key')
    }
    this.#encloseInBackground()
  }

  /**
   * Declares the public half of a new recovery key, journals it, and encloses every vault's key to it. Declared and durable when this
   * resolves, with every copy that could be made; the others follow at the next start.
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
    this.#holds({ publicKey, id, ...quorum })
    this.#encloseInBackground()
    await this.#enclosing
  }

  /** For a vault that was made while the recovery key changed. */
  async encloseIfOutdated(vault: Vault): Promise<void> {
    if (this.#key === undefined || copiedTo(vault) === this.#key.id) return
    this.#encloseInBackground()
    await this.#enclosing
  }

  /** Vaults there are, and those whose copy is for the key that holds. */
  async count(): Promise<{ vaults: number; copied: number }> {
    let vaults = 0
    let copied = 0
    for await (const vault of allVaults(this.#context.database)) {
      vaults += 1
      if (this.#key !== undefined && copiedTo(vault) === this.#key.id) copied += 1
    }
    return { vaults, copied }
  }

  /** Ends with the vaults under way. */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.#enclosing
  }

  #holds(key: DeclaredKey): void {
    this.#key = key
    this.#context.ciphers.encloseAlsoTo(key.publicKey)
  }

  /** One after the other: each pass sees what the one before left. */
  #encloseInBackground(): void {
    this.#enclosing = this.#enclosing
      .then(() => this.#encloseMissing())
      .catch((error: unknown) => {
        this.#context.log.error({ err: error }, 'some vaults have no recovery copy yet')
      })
  }

  async #encloseMissing(): Promise<void> {
    const key = this.#key
    if (key === undefined || this.#context.journal.stoppedBecause !== undefined) return
    let group: Vault[] = []
    for await (const vault of allVaults(this.#context.database)) {
      if (this.#isClosing) return
      if (copiedTo(vault) === key.id) continue
      group.push(vault)
      if (group.length < VAULTS_AT_ONCE) continue
      await this.#enclose(group, key)
      group = []
    }
    await this.#enclose(group, key)
  }

  async #enclose(vaults: readonly Vault[], { publicKey }: DeclaredKey): Promise<void> {
    const { ciphers, journal } = this.#context
    const outcomes = await Promise.allSettled(
      vaults.map(async (vault) => {
        const copy = (await ciphers.of(vault)).recoveryCopy(publicKey)
        await journal.record({
          act: 'vault-key-enclosed',
          outcome: 'done',
          vault: vault.id,
          data: copyData(copy),
          apply: (client) => setRecoveryCopy(client, vault.id, copy),
        })
      }),
    )
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
}
