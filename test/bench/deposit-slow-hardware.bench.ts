import { tmpdir } from 'node:os'
import { Worker } from 'node:worker_threads'
import { startBox } from './deposit/box.ts'
import type { SteadyLoad } from './deposit/clients.ts'
import { compare, isQuick } from './figures.ts'

/**
 * `deposit-slow-hardware`: deposits per second with keys that take as long as a real TPM's, one signature after the other, against the
 * same box with immediate keys, under the same load: at least four times as many deposits in flight as the box with immediate keys
 * takes in, under that same load, during the signatures that one deposit waits for. Beside it stands the closed-loop bound: what so many clients could get
 * at most if each deposit had those signatures to itself.
 */
const SIZE_BYTES = 1024
/** A reception token, an archive proof and a checkpoint. */
const SERIAL_SIGNATURES = 3
const LEAST_CLIENTS = 32
/** Times the limit’s rate, times the signatures that one deposit waits for; at least 4, and more leaves fewer gaps between batches. */
const IN_FLIGHT_FACTOR = 6
/** The box lets 4,096 acts wait for its journal, and refuses more. */
const MOST_CLIENTS = 3800

const box = await startBox(tmpdir(), {
  entry: 'test/bench/deposit/slow-service.ts',
  pendingDeposits: 10_000,
})
try {
  const rate = async (signMs: number, clients: number) => {
    box.signIn(signMs)
    const latencyMs = signMs * SERIAL_SIGNATURES
    // Long enough for several rounds of signatures, so that where the stretch begins doesn't matter.
    const forMs = Math.max(isQuick ? 5000 : 15_000, latencyMs * (isQuick ? 3 : 10))
    const answered = await steady({ clients, afterMs: 2000 + 3 * latencyMs, forMs })
    box.signIn(0)
    return answered
  }
  /** The limit itself goes faster with more in flight, so that it says how many are enough for it. */
  const enoughClients = async (latencySeconds: number): Promise<number> => {
    let clients = LEAST_CLIENTS
    for (;;) {
      const needed = Math.ceil(IN_FLIGHT_FACTOR * (await rate(0, clients)) * latencySeconds)
      if (needed <= clients || clients === MOST_CLIENTS) return clients
      // a little more than it said, so that noise doesn't ask again and again
      clients = Math.min(Math.ceil(needed * 1.1), MOST_CLIENTS)
      if (isQuick) return clients
    }
  }
  await rate(0, LEAST_CLIENTS)
  for (const signMs of [200, 600]) {
    const latencySeconds = (signMs * SERIAL_SIGNATURES) / 1000
    const clients = await enoughClients(latencySeconds)
    const bound = Math.round(clients / latencySeconds)
    await compare(
      {
        bench: 'deposit-slow-hardware',
        case: `${signMs} ms a signature, ${clients} in flight, limit immediate keys, closed-loop bound ${bound} objects/s`,
        unit: 'objects/s',
      },
      () => rate(signMs, clients),
      () => rate(0, clients),
    )
  }
} finally {
  await box.stop()
}

function steady(load: Pick<SteadyLoad, 'clients' | 'afterMs' | 'forMs'>): Promise<number> {
  const { port, vault, token } = box
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./deposit/clients.ts', import.meta.url), {
      workerData: { port, vault, token, sizeBytes: SIZE_BYTES, ...load } satisfies SteadyLoad,
    })
    worker.on('message', resolve)
    worker.on('error', reject)
  })
}
