/**
 * Outlives the launcher, in a session of its own: standard input is a pipe whose other end only the
 * launcher holds, so its end of file says that the launcher is gone, however it went. What it left
 * running is then ended in order. After a clean stop the record is gone and there is nothing to do.
 *
 * Usage: guardian.ts RECORD LAUNCHER_PID LAUNCHER_START_TICKS
 */
import { endRecordedParts, readRecord } from './record.ts'

const [path, pid, startTicks] = process.argv.slice(2)
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined)

process.stdin.resume()
process.stdin.on('end', () => {
  void endOrphans()
})

async function endOrphans(): Promise<void> {
  if (path === undefined) return
  const launcher = readRecord(path)?.launcher
  // a launcher that came after has its own guardian
  if (launcher?.pid !== Number(pid) || launcher.startTicks !== startTicks) return
  await endRecordedParts(path)
}
