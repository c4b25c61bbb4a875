import { Worker } from 'node:worker_threads'
import { BoxError } from '../errors.ts'
import type { AttestationFacts } from './facts.ts'
import type { AttestationAnswer, AttestationRequest } from './thread.ts'

/** Both languages of one object's attestation. */
export interface Attestations {
  readonly fr: Uint8Array
  readonly en: Uint8Array
}

interface Waiting {
  resolve(made: Attestations): void
  reject(error: Error): void
}

const failed = (cause: unknown) =>
  new BoxError('attestation-failed', 'retryable', 'the attestation could not be drawn', { cause })

/** Has attestations drawn on a thread of their own, which starts with the first and is replaced when it fails. */
export class AttestationDesk {
  readonly #waiting = new Map<number, Waiting>()
  #thread: Worker | undefined
  #count = 0

  /** @throws BoxError `attestation-failed` */
  draw(facts: AttestationFacts): Promise<Attestations> {
    const number = ++this.#count
    const thread = (this.#thread ??= this.#started())
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      thread.postMessage({ number, facts } satisfies AttestationRequest)
    })
  }

  /** What is under way fails. */
  async close(): Promise<void> {
    await this.#thread?.terminate()
  }

  #started(): Worker {
    const thread = new Worker(new URL('./thread.ts', import.meta.url))
    thread.on('message', ({ number, made }: AttestationAnswer) => {
      const waiting = this.#waiting.get(number)
      this.#waiting.delete(number)
      if ('error' in made) waiting?.reject(failed(made.error))
      else waiting?.resolve(made)
    })
    thread.on('error', (error) => this.#fail(error))
    thread.on('exit', () => this.#fail(new Error('the thread ended')))
    return thread
  }

  #fail(cause: unknown): void {
    this.#thread = undefined
    for (const waiting of this.#waiting.values()) waiting.reject(failed(cause))
    this.#waiting.clear()
  }
}
