import type { PayloadKey } from '@probant/keys'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { BoxError } from '../errors.ts'
import type { Answer, Request } from './reception-thread.ts'
import type { Worked } from './reception-work.ts'

const MOST_THREADS = 4

interface Waiting {
  resolve(worked: Worked): void
  reject(error: Error): void
}

/** Threads that digest and encrypt large documents. They start when first needed; one that fails is replaced. */
export class ReceptionThreads {
  readonly #most: number
  #threads: ReceptionThread[] = []

  constructor(most: number = Math.min(MOST_THREADS, availableParallelism())) {
    this.#most = most
  }

  /** A document's reception on the thread that has the fewest. */
  begin(payload: PayloadKey): RemoteReception {
    this.#threads = this.#threads.filter(({ failed }) => !failed)
    const idlest = this.#threads.toSorted((a, b) => a.documents - b.documents).at(0)
    if (idlest?.documents === 0 || this.#threads.length >= this.#most) {
      if (idlest !== undefined) return new RemoteReception(idlest, payload)
    }
    const thread = new ReceptionThread()
    this.#threads.push(thread)
    return new RemoteReception(thread, payload)
  }

  /** What is under way fails. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.end()))
  }
}

/** One document on a thread. Steps may be given before the ones before were answered. */
export class RemoteReception {
  readonly #thread: ReceptionThread
  readonly #document: number
  #begin: PayloadKey | undefined
  #ended = false

  constructor(thread: ReceptionThread, payload: PayloadKey) {
    this.#thread = thread
    this.#document = thread.open()
    this.#begin = payload
  }

  /** @param bytes memory of their own, which is given away. @throws BoxError `store-failed` (retryable): the thread failed */
  take(bytes: Uint8Array<ArrayBuffer>, isLast: boolean): Promise<Worked> {
    const begin = this.#begin
    this.#begin = undefined
    if (isLast) this.#finish()
    const document = this.#document
    return this.#thread.ask(
      { document, bytes, isLast, ...(begin === undefined ? {} : { begin }) },
      [bytes.buffer],
    )
  }

  /** Gives the document up, if it hasn't ended. Safe to repeat. */
  discard(): void {
    if (this.#ended) return
    this.#finish()
    if (this.#begin === undefined) this.#thread.tell({ document: this.#document, isLast: true })
  }

  #finish(): void {
    this.#ended = true
    this.#thread.close()
  }
}

class ReceptionThread {
  readonly #worker = new Worker(new URL('./reception-thread.ts', import.meta.url))
  /** In the order of the questions, which is that of the answers. */
  readonly #waiting: Waiting[] = []
  #last = 0
  /** Documents under way. */
  documents = 0
  failed = false

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', ({ stored, digests }: Answer) => {
      this.#waiting.shift()?.resolve({ pieces: [stored], digests })
    })
    this.#worker.on('error', (error: unknown) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('the thread has ended')))
  }

  /** @returns the document's number on this thread */
  open(): number {
    this.documents += 1
    this.#last += 1
    return this.#last
  }

  close(): void {
    this.documents -= 1
  }

  ask(request: Request, transferred: ArrayBuffer[]): Promise<Worked> {
    return new Promise((resolve, reject) => {
      if (this.failed) throw threadFailed(undefined)
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage(request, transferred)
    })
  }

  tell(request: Request): void {
    if (!this.failed) this.#worker.postMessage(request)
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #fail(cause: unknown): void {
    this.failed = true
    for (const each of this.#waiting.splice(0)) each.reject(threadFailed(cause))
  }
}

const threadFailed = (cause: unknown) =>
  new BoxError('store-failed', 'retryable', 'the document could not be digested and encrypted', {
    cause,
  })
