/**
 * Aborted at the first Ctrl-C or SIGTERM, for a command that keeps what it did before it ends. A second one ends it at once, as if
 * nobody listened.
 */
export function interruption(): AbortSignal {
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      stopping.abort(new Error('interrupted'))
    })
  return stopping.signal
}
