/** Waits at most this long between two tries when the service doesn't answer. */
const longestWaitMs = 60_000

/**
 * Repeats a task, one run at a time: not while the page is hidden, at once when it is shown again, and less and less
 * often while it fails.
 *
 * @returns a function that stops it
 */
export function poll(task: (signal: AbortSignal) => Promise<void>, everyMs: number): () => void {
  const stopping = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const isStopped = () => stopping.signal.aborted
  let isRunning = false
  let failures = 0

  const run = async () => {
    clearTimeout(timer)
    if (isRunning || isStopped() || document.hidden) return
    isRunning = true
    try {
      await task(stopping.signal)
      failures = 0
    } catch {
      failures += 1
    }
    isRunning = false
    // A tab that was hidden meanwhile is woken by `visibilitychange`.
    const waitMs = Math.min(everyMs * 2 ** Math.min(failures, 6), Math.max(everyMs, longestWaitMs))
    if (!isStopped()) timer = setTimeout(() => void run(), waitMs)
  }

  const options = { signal: stopping.signal }
  document.addEventListener('visibilitychange', () => void run(), options)
  void run()
  return () => {
    stopping.abort()
    clearTimeout(timer)
  }
}
