import { systemClock, type Clock } from '@probant/host'
import type { KeyProvider } from '../provider.ts'

/** How the device misbehaves; read at each call, so that a test may change it in between. */
export interface Delays {
  /** How long one signature keeps the device busy. */
  signMs: number
  /** What every signature fails with, after its delay. */
  failWith?: Error | undefined
  /** True: signatures are well formed but over another message, as from a faulty device. */
  lie?: boolean
}

/**
 * For tests and benchmarks: a provider whose signatures take as long as on slow hardware, one after the other as a TPM
 * makes them. Everything else is passed through.
 */
export function delayedProvider(
  provider: KeyProvider,
  delays: Delays,
  clock: Clock = systemClock,
): KeyProvider {
  let busy = Promise.resolve()
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = busy.then(work)
    busy = mine.then(
      () => undefined,
      () => undefined,
    )
    return mine
  }
  return {
    name: provider.name,
    capabilities: provider.capabilities,
    place: provider.place,
    ...(provider.warning === undefined ? {} : { warning: provider.warning }),
    generate: (label, kind) => provider.generate(label, kind),
    find: (label) => provider.find(label),
    publicKey: (ref) => provider.publicKey(ref),
    sign: (ref, message) =>
      inTurn(async () => {
        if (delays.signMs > 0) await clock.sleep(delays.signMs)
        if (delays.failWith !== undefined) throw delays.failWith
        const signed = delays.lie === true ? Buffer.concat([message, Buffer.of(0)]) : message
        return provider.sign(ref, signed)
      }),
    enclose: (ref, plaintext, data) => provider.enclose(ref, plaintext, data),
    open: (ref, enclosed, data) => provider.open(ref, enclosed, data),
    random: (n) => provider.random(n),
    attest: (ref) => provider.attest(ref),
    destroy: (ref) => provider.destroy(ref),
    close: () => provider.close(),
  }
}
