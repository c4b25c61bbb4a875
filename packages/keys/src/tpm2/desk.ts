import { protect, Tpm, type Use } from '@probant/tpm2-tss-bindings'
import type { Approvals } from './approvals.ts'
import { keyErrorOf } from './failures.ts'
import { Shift } from './shift.ts'
import type { StorageRoot } from './storage-root.ts'

/** Jobs that share a session and loaded keys, before other processes get their turn. */
const MOST_JOBS = 16

type Job = (shift: Shift) => Promise<void>

/**
 * Where work for the TPM waits: one job at a time, those that wait together in one shift. Starting a shift costs a TPM more than a
 * signature does.
 */
export class Desk {
  readonly #tpm: Tpm
  readonly #root: StorageRoot
  readonly #approvals: Approvals
  readonly #waiting: { readonly job: Job; readonly fail: (error: unknown) => void }[] = []
  #working: Promise<void> | undefined

  constructor(tcti: string, root: StorageRoot, approvals: Approvals) {
    this.#tpm = new Tpm({ tcti })
    this.#root = root
    this.#approvals = approvals
  }

  /** @throws KeyError: what the TPM refused, as `keyErrorOf` says; what the job throws */
  run<T>(job: (shift: Shift) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(asError(keyErrorOf(error)))
      this.#waiting.push({ job: (shift) => job(shift).then(resolve, fail), fail })
      this.#working ??= this.#work()
    })
  }

  /** Jobs that wait finish first. */
  async close(): Promise<void> {
    await this.#working
    await this.#tpm.close()
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#tpm
        .use((use) => this.#shift(use))
        .catch((error: unknown) => {
          // no shift came about: those at the front can't be served
          for (const { fail } of this.#waiting.splice(0, MOST_JOBS)) fail(error)
        })
    }
    this.#working = undefined
  }

  async #shift(use: Use): Promise<void> {
    const root = await this.#root.load(use)
    await protect(use, root)
    const shift = new Shift(use, root, this.#approvals)
    for (let done = 0; done < MOST_JOBS; done++) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      await next.job(shift)
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
