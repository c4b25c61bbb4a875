import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { compare, isQuick } from './figures.ts'
import { shippedJournal } from './verify/journal.ts'
import { rate, type Work } from './verify/measure.ts'

/**
 * `verify`: traces per second through full verification (both chains, both trees, seals, checkpoint signatures), from segment bytes,
 * against hashing the same bytes once with SHA-256: trace by trace, since each leaf is hashed by itself, and as one stream; and against
 * the digests alone that full verification has to compute, of which SHA3-256 takes the most. With several cores, each thread verifies a stretch of the journal from the state that its first segment claims.
 */
const TRACES = isQuick ? 2000 : 30_000
const PER_SEGMENT = 1000
const cores = availableParallelism()

const { segments, journalKey, traceBytes } = shippedJournal(TRACES, PER_SEGMENT)
const size = `${Math.round(traceBytes / TRACES)}-byte traces`
const alone = (work: Work) => rate(work, segments, journalKey)

await alone('verify')
for (const [limit, name] of [
  ['hash-each', 'SHA-256 of each'],
  ['hash-stream', 'SHA-256 of the stream'],
  ['digests', 'the digests it needs'],
] as const)
  await compare(
    { bench: 'verify', case: `1 core, ${size}, limit ${name}`, unit: 'traces/s' },
    () => alone('verify'),
    () => alone(limit),
  )

const part = Math.ceil(segments.length / cores)
const workers = Array.from(
  { length: cores },
  (_, core) =>
    new Worker(new URL('./verify/worker.ts', import.meta.url), {
      workerData: { segments: segments.slice(core * part, (core + 1) * part), journalKey },
    }),
)
const together = async (work: Work) => {
  const beganAt = performance.now()
  await Promise.all(
    workers.map((worker) => {
      const done = once(worker, 'message')
      worker.postMessage(work)
      return done
    }),
  )
  return (TRACES * 1000) / (performance.now() - beganAt)
}
await together('verify')
for (const [limit, name] of [
  ['hash-each', 'SHA-256 of each'],
  ['digests', 'the digests it needs'],
] as const)
  await compare(
    { bench: 'verify', case: `${cores} cores, ${size}, limit ${name}`, unit: 'traces/s' },
    () => together('verify'),
    () => together(limit),
  )
await Promise.all(workers.map((worker) => worker.terminate()))
