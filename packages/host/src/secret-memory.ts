import koffi from 'koffi'

const PR_SET_DUMPABLE = 4
const RLIMIT_CORE = 4

/**
 * Keeps what this process has in memory, keys among it, out of core dumps and out of the reach of other processes of the same
 * user, root aside: `setrlimit(2)`, `prctl(2)` PR_SET_DUMPABLE. To be called before secrets are read; a child process starts
 * anew. Swap is the service manager's to forbid (`MemorySwapMax=0`): `mlockall(2)` makes V8 abort, since the kernel lets
 * nobody give back pages that are locked.
 * @returns what could not be had, each as a sentence; empty when all is well
 */
export function guardMemory(): readonly string[] {
  const shortfalls: string[] = []
  const attempt = (shortfall: string, done: () => unknown) => {
    try {
      if (done() !== 0) shortfalls.push(shortfall)
    } catch {
      shortfalls.push(shortfall)
    }
  }
  attempt('core dumps could not be switched off', () =>
    koffi.load('libc.so.6').func('int setrlimit(int resource, const uint64_t *limit)')(
      RLIMIT_CORE,
      new BigUint64Array(2),
    ),
  )
  attempt('other processes of the same user could not be kept from reading memory', () =>
    koffi.load('libc.so.6').func('int prctl(int option, unsigned long value)')(PR_SET_DUMPABLE, 0),
  )
  return shortfalls
}
