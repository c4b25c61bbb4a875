import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from './logger.ts'
import { notifySystemd } from './systemd.ts'

export interface ShutdownOptions {
  /** How long the handler may take before the process ends without it. */
  timeoutMs: number
  logger?: Logger
}

/**
 * Runs `handler` once, at the first SIGTERM or SIGINT, then ends the process: 0 when the handler
 * resolved, 1 when it failed or took longer than `timeoutMs`. Later signals change nothing: Ctrl-C
 * reaches a whole process group, and the starter then asks each part again.
 * @returns a function that takes the handler away
 */
export function onShutdown(
  handler: (signal: NodeJS.Signals) => Promise<void> | void,
  { timeoutMs, logger }: ShutdownOptions,
): () => void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return
    stopping = true
    notifySystemd({ stopping: true }, logger)
    void endWithin(timeoutMs, async () => handler(signal), logger).then((code) =>
      process.exit(code),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return () => {
    process.off('SIGTERM', stop)
    process.off('SIGINT', stop)
  }
}

async function endWithin(
  timeoutMs: number,
  work: () => Promise<void>,
  logger: Logger | undefined,
): Promise<0 | 1> {
  try {
    const late = delay(timeoutMs, 'late' as const, { ref: false })
    const outcome = await Promise.race([work().then(() => 'done' as const), late])
    if (outcome === 'done') return 0
    logger?.error({ timeoutMs }, 'shutdown took too long; ending without it')
  } catch (error) {
    logger?.error({ err: error }, 'shutdown failed')
  }
  return 1
}
