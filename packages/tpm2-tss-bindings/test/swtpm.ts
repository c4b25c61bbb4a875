import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Programs and libraries without which a test against a software TPM skips. */
export function missingTpmSoftware(): string | undefined {
  const absent = ['swtpm', 'swtpm_setup', 'tpm2_getcap'].filter(
    (program) => spawnSync('which', [program]).status !== 0,
  )
  return absent.length === 0
    ? undefined
    : `${absent.join(', ')} missing: install swtpm, swtpm-tools, tpm2-tools`
}

/** A software TPM of its own: private state, free ports, ended by its process id. */
export class SoftwareTpm {
  readonly folder: string
  #process: ChildProcess | undefined
  #port = 0

  /** @param folder absolute, as swtpm wants it; made when it isn't there */
  constructor(folder: string) {
    this.folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  get tcti(): string {
    return `swtpm:host=127.0.0.1,port=${this.#port}`
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /**
   * Makes EK certificates by an authority of its own, as a maker would; before the first start.
   * @returns the authority's certificate, a PEM file
   */
  async manufacture(): Promise<string> {
    const authority = join(this.folder, 'authority')
    const file = (name: string) => join(authority, name)
    mkdirSync(authority)
    const settings = {
      'swtpm_setup.conf': [
        'create_certs_tool=/usr/bin/swtpm_localca',
        `create_certs_tool_config=${file('localca.conf')}`,
        'create_certs_tool_options=/etc/swtpm-localca.options',
      ],
      'localca.conf': [
        `statedir = ${authority}`,
        `signingkey = ${file('signkey.pem')}`,
        `issuercert = ${file('issuer.pem')}`,
        `certserial = ${file('serial')}`,
      ],
    }
    for (const [name, lines] of Object.entries(settings)) {
      writeFileSync(file(name), `${lines.join('\n')}\n`)
    }
    const config = ['--config', file('swtpm_setup.conf')]
    await run('swtpm_setup', ['--tpm2', '--tpm-state', this.folder, '--create-ek-cert', ...config])
    return file('issuer.pem')
  }

  /** Powers it on, on the same ports as before if it ran already. */
  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePair()
    const address = (port: number) => `type=tcp,port=${port},bindaddr=127.0.0.1`
    const child = spawn(
      'swtpm',
      [
        'socket',
        '--tpm2',
        ...['--tpmstate', `dir=${this.folder}`],
        ...['--server', address(this.#port)],
        ...['--ctrl', address(this.#port + 1)],
        ...['--flags', 'not-need-init,startup-clear'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    this.#process = child
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    await listening(this.#port + 1, () => child.exitCode ?? undefined).catch(() => {
      throw new Error(`swtpm doesn't start: ${said}`)
    })
  }

  /** Power cut. */
  async stop(): Promise<void> {
    const child = this.#process
    if (child?.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }

  /** Runs one of the tpm2-tools against it. */
  async tool(program: string, ...args: readonly string[]): Promise<string> {
    const env = { ...process.env, TPM2TOOLS_TCTI: this.tcti, TSS2_LOG: 'all+none' }
    return (await run(program, [...args], { env })).stdout
  }
}

async function listening(port: number, exited: () => number | undefined): Promise<void> {
  for (let tries = 0; tries < 200 && exited() === undefined; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`nothing listens on ${port}`)
}

/** Two neighbouring ports: the TCTI takes the second for its control channel. */
async function freePair(): Promise<number> {
  for (;;) {
    const first = await listenOn(0)
    if (first === undefined) continue
    const address = first.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const second = await listenOn(port + 1)
    await closed(first)
    if (second === undefined) continue
    await closed(second)
    return port
  }
}

function listenOn(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
