import { spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Kill } from './plan.ts'

/** How a service process ended. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A vault service in a process of its own. */
export interface ServiceProcess {
  readonly pid: number | undefined
  /** Of the API, on 127.0.0.1; undefined when it ended before it was ready. */
  readonly port: number | undefined
  readonly administrationPort: number | undefined
  readonly ended: Promise<End>
  /** From here on its planned kill counts passages. */
  count(): void
  kill(): void
  /** Asks it to end, and waits. */
  stop(): Promise<End>
}

export interface ProcessOptions {
  readonly settingsFile: string
  /** Its output is appended here. */
  readonly logFile: string
  readonly kill?: Kill | undefined
  /** Another entry than the one that kills itself. */
  readonly entry?: string
  readonly arguments?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** A command that runs the rest of its arguments in its own place. */
  readonly under?: readonly string[]
}

/** Starts a vault service and waits until it is ready, or has ended. */
export async function startProcess(options: ProcessOptions): Promise<ServiceProcess> {
  const log = openSync(options.logFile, 'a', 0o600)
  const entry = options.entry ?? join(import.meta.dirname, 'service.ts')
  const given = options.arguments ?? [JSON.stringify(options.kill ?? null)]
  // tap puts its loaders into the environment of every child of a test
  const { NODE_OPTIONS: _, ...environment } = process.env
  const command = [...(options.under ?? []), process.execPath, entry, options.settingsFile]
  const [program = process.execPath, ...rest] = [...command, ...given]
  const child = spawn(program, rest, {
    stdio: ['ignore', log, log, 'ipc'],
    env: {
      ...environment,
      UV_THREADPOOL_SIZE: '16',
      // many starts of the same code
      NODE_COMPILE_CACHE: join(dirname(options.logFile), 'compiled'),
      ...options.environment,
    },
  })
  const ended = new Promise<End>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const ready = new Promise<{ port: number; administrationPort: number }>((resolve) => {
    child.once('message', (message: { port: number; administrationPort: number }) =>
      resolve(message),
    )
  })
  const first = await Promise.race([ready, ended])
  const isReady = 'port' in first
  return {
    pid: child.pid,
    port: isReady ? first.port : undefined,
    administrationPort: isReady ? first.administrationPort : undefined,
    ended,
    count: () => child.send('count'),
    kill: () => child.kill('SIGKILL'),
    stop: () => {
      child.kill('SIGTERM')
      return ended
    },
  }
}
