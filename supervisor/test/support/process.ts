import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Type from 'typebox'
import { IdentityShape, read } from './shapes.ts'

const source = join(import.meta.dirname, '../../src')
const run = promisify(execFile)
const MIB = 1024 * 1024

const WatchingShape = Type.Object({ http: Type.Number(), ssh: Type.Number() })

/** Makes the keys and the first operator of the centre of a settings file. */
export async function initialiseCentre(settings: string, ...more: string[]) {
  const program = join(source, 'initialise.ts')
  const { stdout } = await run(process.execPath, [program, '--settings', settings, ...more])
  return read(IdentityShape, JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''))
}

/** A centre in a process of its own. */
export class CentreProcess {
  readonly child: ChildProcess
  readonly ports: { http: number; ssh: number }
  readonly #closed: Promise<unknown>

  constructor(child: ChildProcess, ports: { http: number; ssh: number }) {
    this.child = child
    this.ports = ports
    this.#closed = once(child, 'close')
  }

  /** Resolves when it watches. */
  static async start(settings: string, options: readonly string[] = []): Promise<CentreProcess> {
    const program = join(source, 'main.ts')
    const child = spawn(process.execPath, [...options, program, '--settings', settings], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    const line = await new Promise<string>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        output += chunk.toString()
        const heard = /^.*the centre watches.*\n/m.exec(output)?.[0]
        if (heard === undefined) return
        child.stdout.off('data', hear)
        child.stdout.resume()
        resolve(heard)
      }
      child.stdout.on('data', hear)
      child.once('exit', (code) => reject(new Error(`ended with ${code ?? 'a signal'}: ${output}`)))
    })
    return new CentreProcess(child, read(WatchingShape, JSON.parse(line)))
  }

  /** MiB that the process holds in memory. */
  residentMib(): number {
    const status = readFileSync(`/proc/${this.child.pid ?? 0}/status`, 'ascii')
    return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024) / MIB
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.child.kill(signal)
    await this.#closed
  }
}
