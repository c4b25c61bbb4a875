import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { KeySettings } from '@probant/keys'
import { noSoftHsm, type SoftHsm } from './softhsm.ts'

const run = promisify(execFile)
const source = new URL('./observed-module.c', import.meta.url).pathname

const acts = ['open', 'login', 'sign', 'signed', 'forget', 'end'] as const
type Act = (typeof acts)[number]

const noCompiler = existsSync('/usr/bin/cc') ? false : 'no C compiler (apt-get install g++)'
/** Why tests over it are left out; false where they can run. */
export const noObservedToken = noSoftHsm === false ? noCompiler : noSoftHsm

/** A SoftHSM behind a module that notes the calls and calls its slot hardware. */
export class ObservedToken {
  readonly settings: KeySettings & { provider: 'pkcs11' }
  readonly #log: string

  private constructor(settings: ObservedToken['settings'], log: string) {
    this.settings = settings
    this.#log = log
  }

  /** Points this process to it: one at a time. */
  static async of(hsm: SoftHsm): Promise<ObservedToken> {
    const module = join(hsm.folder, 'observed-module.so')
    await run('cc', ['-shared', '-fPIC', '-Wall', '-Werror', '-o', module, source])
    const log = join(hsm.folder, 'calls')
    await writeFile(log, '')
    process.env['OBSERVED_MODULE'] = hsm.settings.module
    process.env['OBSERVED_LOG'] = log
    return new ObservedToken({ ...hsm.settings, module }, log)
  }

  async calls(): Promise<{ readonly pid: string; readonly act: Act }[]> {
    const lines = (await readFile(this.#log, 'utf8')).split('\n').slice(0, -1)
    return lines.map((line) => {
      const [pid = '', what] = line.split(' ')
      const act = acts.find((one) => one === what)
      if (act === undefined) throw new Error(`the module noted "${line}"`)
      return { pid, act }
    })
  }

  async count(wanted: Act): Promise<number> {
    return (await this.calls()).filter(({ act }) => act === wanted).length
  }

  /** The most sessions that were open at once, whichever processes opened them, and the most signatures under way. */
  async most(): Promise<{ sessions: number; signatures: number }> {
    const open = new Map<string, number>()
    const most = { sessions: 0, signatures: 0 }
    let signatures = 0
    for (const { pid, act } of await this.calls()) {
      if (act === 'open') open.set(pid, (open.get(pid) ?? 0) + 1)
      if (act === 'end') open.delete(pid)
      if (act === 'sign') signatures++
      if (act === 'signed') signatures--
      const sessions = [...open.values()].reduce((sum, each) => sum + each, 0)
      most.sessions = Math.max(most.sessions, sessions)
      most.signatures = Math.max(most.signatures, signatures)
    }
    return most
  }

  /** The next signature finds that the token closed all sessions. */
  async forgetSessions(): Promise<void> {
    await writeFile(`${this.#log}.forget`, '')
  }
}
