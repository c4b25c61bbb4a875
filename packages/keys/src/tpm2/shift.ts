import {
  load,
  Tpm2Error,
  type Authorisation,
  type LoadedObject,
  type Session,
  type Use,
} from '@probant/tpm2-tss-bindings'
import type { Approvals, Fitting } from './approvals.ts'
import type { StoredKey } from './key-blob.ts'

/** What a shift's jobs work with: the TPM, protected by a session salted to its storage root key. */
export class Shift {
  readonly use: Use
  readonly root: LoadedObject
  readonly #approvals: Approvals
  #loaded: { readonly label: string; readonly key: LoadedObject } | undefined
  #policy: { readonly session: Session; readonly fitting: Fitting } | undefined

  constructor(use: Use, root: LoadedObject, approvals: Approvals) {
    this.use = use
    this.root = root
    this.#approvals = approvals
  }

  /** The key in the TPM; stays there until another one is asked for. @throws Tpm2Error `not-of-this-tpm` */
  async loaded(label: string, { blob }: StoredKey): Promise<LoadedObject> {
    if (this.#loaded?.label === label) return this.#loaded.key
    const previous = this.#loaded
    this.#loaded = undefined
    if (previous !== undefined) await this.use.flush(previous.key)
    const key = await load(this.use, this.root, blob)
    this.#loaded = { label, key }
    return key
  }

  /**
   * Carries out a command that the key's policy, where it has one, must authorise. One use of a policy session consumes what it fulfilled.
   * @throws KeyError `wrong-state`; Tpm2Error
   */
  async authorised<T>(
    { underPolicy }: StoredKey,
    command: (authorisation: Authorisation) => Promise<T>,
  ): Promise<T> {
    if (!underPolicy) return command({})
    const approvals = this.#approvals
    this.#policy ??= {
      fitting: await approvals.fitting(this.use),
      session: await approvals.session(this.use),
    }
    const { session, fitting } = this.#policy
    try {
      await approvals.fulfil(this.use, session, fitting)
      return await command({ by: session })
    } catch (error) {
      // a session whose policy failed half-way is of no use for the next job
      this.#policy = undefined
      await this.use.flush(session).catch(() => undefined)
      if (error instanceof Tpm2Error && error.code === 'policy-failed') {
        throw approvals.foreignKey(error)
      }
      throw error
    }
  }
}
