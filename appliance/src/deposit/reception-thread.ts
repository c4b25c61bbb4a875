import type { PayloadKey } from '@probant/keys'
import { parentPort } from 'node:worker_threads'
import { joined, ReceptionWork, type Digests } from './reception-work.ts'

/** A step of one document's reception, by the number that it has on this thread. */
export interface Request {
  readonly document: number
  /** With the first step. */
  readonly begin?: PayloadKey
  /** Transferred; undefined: the document is given up, and nothing is answered. */
  readonly bytes?: Uint8Array
  readonly isLast: boolean
}

/** One for each step with bytes, in their order. */
export interface Answer {
  readonly document: number
  /** Transferred; what has to be written. */
  readonly stored: Uint8Array
  readonly digests: Digests | undefined
}

/** Digests and encrypts documents that come in large, so that the event loop goes on serving meanwhile. */
const works = new Map<number, ReceptionWork>()
parentPort?.on('message', ({ document, begin, bytes, isLast }: Request) => {
  const work = begin === undefined ? works.get(document) : new ReceptionWork(begin)
  if (work === undefined) throw new Error(`document ${document} was not begun`)
  works.set(document, work)
  if (bytes === undefined) {
    work.discard()
    works.delete(document)
    return
  }
  const { pieces, digests } = work.take(bytes, isLast)
  bytes.fill(0)
  if (isLast) works.delete(document)
  const stored = joined(pieces)
  parentPort?.postMessage({ document, stored, digests } satisfies Answer, [stored.buffer])
})
