import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@probant/host'
import type { Launcher } from './command.ts'
import { SERVER_ENVIRONMENT } from './initialise.ts'
import { serverSettings } from './server-settings.ts'

/** How a server ended. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  /** True when stop() was called before. */
  wasAsked: boolean
}

/** The server's process. */
export interface Server {
  readonly pid: number | undefined
  /** Last lines that it wrote, for error messages. */
  tail(): string
  /** Resolves when the process has ended, or could not be started. */
  readonly exited: Promise<Exit>
  /** Fast shutdown, immediate after half a minute; resolves when it has ended. */
  stop(): Promise<void>
}

const FAST_SHUTDOWN_MS = 30_000
const TAIL_LINES = 20
const LAST_WORDS_MS = 100

/** Ctrl-C reaches a terminal's whole group: the server has its own, so that services end first. */
export function spawnServer(
  launcher: Launcher,
  socketFolder: string,
  isDurable: boolean,
  log: Logger,
): Server {
  const { file, args, options } = launcher.launch('postgres', [
    '-D',
    launcher.view.data,
    ...serverSettings(socketFolder, isDurable),
  ])
  const child = spawn(file, args, {
    ...options,
    cwd: '/',
    env: SERVER_ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line)
    if (lines.length > TAIL_LINES) lines.shift()
    logLine(log, line)
  })
  let wasAsked = false
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      lines.push(error.message)
      resolve({ code: null, signal: null, wasAsked })
    })
    child.once('exit', (code, signal) => {
      const exit = { code, signal, wasAsked }
      // not 'close': after a kill -9 the server's children hold its output open for a while
      void Promise.race([once(child, 'close'), delay(LAST_WORDS_MS)]).then(() => resolve(exit))
    })
  })
  return {
    pid: child.pid,
    tail: () => lines.join('\n'),
    exited,
    async stop() {
      wasAsked = true
      child.kill('SIGINT')
      const impatience = setTimeout(() => child.kill('SIGQUIT'), FAST_SHUTDOWN_MS)
      await exited
      clearTimeout(impatience)
    },
  }
}

/** The server's own levels, in ours. */
function logLine(log: Logger, line: string): void {
  const [, level = 'LOG', message = line] = /^([A-Z]+):\s+(.*)$/.exec(line) ?? []
  if (level === 'PANIC') log.error(message)
  else if (level === 'FATAL') log.warn(message)
  else log.debug(message)
}
