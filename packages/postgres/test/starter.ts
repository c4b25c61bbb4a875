import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Connection } from '../src/index.ts'

/** What cluster-process.ts printed, and its process. */
export interface Starter {
  child: ChildProcess
  pid: number
  superuser: Connection
}

export interface Surroundings {
  /** Command and arguments before the program. */
  through?: string[]
  uid?: number
  environment?: Record<string, string>
  durable?: boolean
}

const PROGRAM = fileURLToPath(import.meta.resolve('./cluster-process.ts'))

/** Starts a cluster from another process; its sentence is thrown when that fails. */
export async function startElsewhere(
  dataFolder: string,
  { through = [], uid, environment, durable = false }: Surroundings = {},
): Promise<Starter> {
  // tap puts its loaders into the environment of every child of a test
  const program = ['env', '--unset=NODE_OPTIONS', process.execPath, PROGRAM]
  const words = [...through, ...program, dataFolder, durable ? 'durable' : '']
  const child = spawn(words[0] ?? '', words.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...(uid === undefined ? {} : { uid, gid: uid }),
    env: { PATH: process.env['PATH'], ...environment },
  })
  const lines = createInterface({ input: child.stdout })
  const line = await Promise.race([once(lines, 'line'), once(child, 'exit')])
  const answer: unknown = JSON.parse(typeof line[0] === 'string' ? line[0] : '{}')
  if (isAnswer(answer)) return { ...answer, child }
  throw new Error(JSON.stringify(answer))
}

/** Ends it, and the cluster with it unless it is killed. */
export async function endStarter({ child }: Starter, signal: NodeJS.Signals = 'SIGTERM') {
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

function isAnswer(value: unknown): value is Omit<Starter, 'child'> {
  return typeof value === 'object' && value !== null && 'superuser' in value
}
