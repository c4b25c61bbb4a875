import { spawn } from 'node:child_process'
import { openSync, closeSync } from 'node:fs'
import type { Clock } from '@probant/host'
import { ProvisioningError } from '../errors.ts'
import { identify } from './identity.ts'
import type { Exit, Life, Part } from './keeper.ts'
import { stopProcess } from './stop.ts'

export interface ServiceOptions {
  name: string
  /** Program and arguments given to the running Node. */
  arguments: string[]
  workingFolder: string
  /** File that standard output and error are appended to. */
  log: string
  /** Answers 200 once the service works. */
  readyUrl: string
  clock: Clock
  /** How long it may take to end by itself when asked to. */
  stopWithinMs?: number
  /** Called with the pid while the process still waits: what it does is recorded before it does it. */
  record: (pid: number) => void
}

/**
 * The shell waits for one line and becomes the service: were the launcher killed right after the fork,
 * the pipe would end and nothing would have run unrecorded.
 */
const WAIT_THEN_BECOME = 'read -r go || exit 0; exec "$@" </dev/null'
const ASK_EVERY_MS = 100

/** A component of the project as a process: Node, one entry file, one settings file. */
export function servicePart(options: ServiceOptions): Part {
  return { name: options.name, log: options.log, begin: () => Promise.resolve(begin(options)) }
}

function begin(options: ServiceOptions): Life {
  const log = openSync(options.log, 'a', 0o600)
  const child = spawn(
    '/bin/sh',
    ['-c', WAIT_THEN_BECOME, options.name, process.execPath, ...options.arguments],
    {
      cwd: options.workingFolder,
      env: serviceEnvironment(process.env),
      // a session of its own: Ctrl-C reaches the launcher alone, which stops the parts in order
      detached: true,
      stdio: ['pipe', log, log],
    },
  )
  closeSync(log)
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: 127, signal: null }))
  })
  const pid = child.pid
  if (pid === undefined)
    throw new ProvisioningError('part-failed', `The machine refuses to start the ${options.name}.`)
  const identity = identify(pid)
  options.record(pid)
  child.stdin?.on('error', () => undefined)
  child.stdin?.end('go\n')
  const ended = new AbortController()
  void exited.then(() => ended.abort())
  return {
    pid,
    exited,
    ready: untilReady(options, ended.signal),
    stop: async () => {
      if (identity !== undefined) await stopProcess(identity, options.name, options.stopWithinMs)
    },
  }
}

async function untilReady(
  { readyUrl, clock, name }: ServiceOptions,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    const answer = await fetch(readyUrl, { signal: ended }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.status === 200) return
    await clock.sleep(ASK_EVERY_MS, ended).catch(() => undefined)
  }
  throw new ProvisioningError('part-failed', `The ${name} ended before it was ready.`)
}

/** npm's own variables (npm_config_…, with whatever a user's .npmrc holds) stay with npm. */
function serviceEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.toLowerCase().startsWith('npm_')),
  )
}
