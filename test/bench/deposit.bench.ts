import { tmpdir } from 'node:os'
import { Worker } from 'node:worker_threads'
import { startBox } from './deposit/box.ts'
import type { Load } from './deposit/clients.ts'
import { limitRate } from './deposit/limit.ts'
import { compare, isQuick } from './figures.ts'

/**
 * `deposit`: objects per second over HTTP with every guarantee on, against the least work that a correct deposit needs. The clients
 * run on a thread of the bench's own process and take their share of the machine from the product, not from the limit.
 */
const KIB = 1024
const cases = [
  { name: '1 KiB', sizeBytes: KIB, deposits: { 1: 100, 8: 800, 32: 1600 } },
  { name: '100 KiB', sizeBytes: 100 * KIB, deposits: { 1: 100, 8: 400, 32: 800 } },
  { name: '10 MiB', sizeBytes: 10 * KIB * KIB, deposits: { 1: 4, 8: 16, 32: 32 } },
] as const
const clientCounts = [1, 8, 32] as const
const wanted = process.env['BENCH_CASE']

const folder = tmpdir()
const box = await startBox(folder)
try {
  const product = async (sizeBytes: number, clients: number, deposits: number) =>
    (await inWorker({ ...box, sizeBytes, clients, deposits })).rate
  await product(KIB, 8, isQuick ? 8 : 400)
  for (const each of cases)
    for (const clients of clientCounts) {
      const name = `${each.name}, ${clients} clients`
      if (wanted !== undefined && wanted !== name) continue
      const deposits = isQuick ? clients : each.deposits[clients]
      await compare(
        { bench: 'deposit', case: name, unit: 'objects/s' },
        () => product(each.sizeBytes, clients, deposits),
        () => limitRate(box.connection, folder, each.sizeBytes, clients, deposits),
      )
    }
} finally {
  await box.stop()
}

function inWorker({ port, vault, token, sizeBytes, clients, deposits }: Load) {
  return new Promise<{ rate: number; milliseconds: number[] }>((resolve, reject) => {
    const worker = new Worker(new URL('./deposit/clients.ts', import.meta.url), {
      workerData: { port, vault, token, sizeBytes, clients, deposits },
    })
    worker.on('message', resolve)
    worker.on('error', reject)
  })
}
