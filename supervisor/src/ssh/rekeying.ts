import type { Socket } from 'node:net'
import type { Connection } from 'ssh2'

const HOUR_MS = 3_600_000
const GIB = 1024 ** 3
const LOOK_EVERY_MS = 10_000

/** New session keys every hour and every GiB (RFC 4253 section 9), which ssh2 leaves to its users. */
export function rekeyRegularly(
  connection: Connection,
  socket: Socket,
  limits = { everyMs: HOUR_MS, everyBytes: GIB, lookEveryMs: LOOK_EVERY_MS },
): void {
  let sinceMs = performance.now()
  let sinceBytes = 0
  const timer = setInterval(() => {
    const bytes = socket.bytesRead + socket.bytesWritten
    const isDue =
      performance.now() - sinceMs >= limits.everyMs || bytes - sinceBytes >= limits.everyBytes
    if (!isDue) return
    sinceMs = performance.now()
    sinceBytes = bytes
    connection.rekey()
  }, limits.lookEveryMs)
  socket.once('close', () => clearInterval(timer))
}
