import { parentPort, workerData } from 'node:worker_threads'
import { rate, type Work } from './measure.ts'

/** A thread that holds its part of a journal and works through it whenever it is told to. */
const { segments, journalKey } = workerData as { segments: Uint8Array[]; journalKey: string }
parentPort?.on('message', (work: Work) => {
  void rate(work, segments, journalKey).then((result) => parentPort?.postMessage(result))
})
