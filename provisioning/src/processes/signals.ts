import type { Clock } from '@probant/host'

const LOOK_EVERY_MS = 500

/**
 * Resolves, once, with the reason why the launcher has to end: a signal, or the death of the npm that
 * runs it (a kill -9 of npm would otherwise leave everything running behind nobody's back).
 * Later signals change nothing: the stop is under way.
 */
export function onLauncherEnd(clock: Clock, environment: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => resolve(signal))
    if (environment['npm_lifecycle_event'] !== undefined)
      void parentGone(clock).then(() => resolve('npm is gone'))
  })
}

async function parentGone(clock: Clock): Promise<void> {
  const parent = process.ppid
  while (process.ppid === parent) await clock.sleep(LOOK_EVERY_MS)
}
