import koffi from 'koffi'
import { HostError } from './errors.ts'

/** `CLOCK_BOOTTIME` of <linux/time.h>: since boot, suspended time included. */
const CLOCK_BOOTTIME = 7

let read: (() => number) | undefined

/**
 * Milliseconds since boot by `clock_gettime(CLOCK_BOOTTIME)`, rounded down.
 * Node's own `process.hrtime` reads CLOCK_MONOTONIC, which stands still while the machine sleeps.
 * @throws HostError `no-monotonic-clock` when the C library or the kernel refuses
 */
export function boottimeMs(): number {
  read ??= bind()
  return read()
}

function bind(): () => number {
  try {
    const libc = koffi.load('libc.so.6')
    const clockGettime = libc.func('int clock_gettime(int clock, _Out_ int64_t *time)')
    // struct timespec is two 64-bit numbers: seconds, nanoseconds
    const time = new BigInt64Array(2)
    return () => {
      const status: unknown = clockGettime(CLOCK_BOOTTIME, time)
      if (status !== 0)
        throw new HostError('no-monotonic-clock', 'clock_gettime(CLOCK_BOOTTIME) failed')
      return Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1_000_000)
    }
  } catch (error) {
    throw new HostError('no-monotonic-clock', 'cannot reach clock_gettime of the C library', error)
  }
}
