import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { KeySettings } from '@probant/keys'

const run = promisify(execFile)
const module = '/usr/lib/softhsm/libsofthsm2.so'

/** Long enough to be looked for in files. */
export const PIN = 'pin-4711-of-tests'

const tools = ['/usr/bin/softhsm2-util', '/usr/bin/pkcs11-tool', module]
const binding = new URL('../../../../node_modules/pkcs11js', import.meta.url)

/** Why tests over SoftHSM are left out; false where it is installed. */
export const noSoftHsm =
  tools.every((path) => existsSync(path)) && existsSync(binding)
    ? false
    : 'no SoftHSM (apt-get install softhsm2 opensc), or no pkcs11js (g++, make, python3, npm ci)'

/** A SoftHSM of its own with one token. */
export class SoftHsm {
  readonly folder: string
  readonly settings: KeySettings & { provider: 'pkcs11'; module: string; pin: { file: string } }
  readonly #tokens: string

  private constructor(folder: string, label: string) {
    this.folder = folder
    this.#tokens = join(folder, 'tokens')
    const pin = { file: join(folder, 'pin') }
    this.settings = { provider: 'pkcs11', module, tokenLabel: label, pin }
  }

  /** Makes the token and points this process to it: one SoftHSM at a time. */
  static async create(folder: string, label = 'box'): Promise<SoftHsm> {
    const made = new SoftHsm(folder, label)
    await mkdir(made.#tokens, { recursive: true, mode: 0o700 })
    const conf = join(folder, 'softhsm2.conf')
    await writeFile(conf, `directories.tokendir = ${made.#tokens}\nlog.level = ERROR\n`)
    process.env['SOFTHSM2_CONF'] = conf
    await writeFile(made.settings.pin.file, `${PIN}\n`, { mode: 0o600 })
    await made.addToken(label)
    return made
  }

  async addToken(label: string): Promise<void> {
    const pins = ['--pin', PIN, '--so-pin', '12345678']
    await run('softhsm2-util', ['--init-token', '--free', '--label', label, ...pins])
  }

  /** OpenSC's tool on this token, logged in. */
  async tool(...args: string[]): Promise<string> {
    const { tokenLabel = '' } = this.settings
    const login = ['--module', module, '--token-label', tokenLabel, '--login', '--pin', PIN]
    return (await run('pkcs11-tool', [...login, ...args])).stdout
  }

  /** As if the token were pulled out. */
  async remove(): Promise<void> {
    await rename(this.#tokens, `${this.#tokens}.away`)
    await mkdir(this.#tokens)
  }

  async putBack(): Promise<void> {
    await rename(this.#tokens, `${this.#tokens}.empty`)
    await rename(`${this.#tokens}.away`, this.#tokens)
  }
}
