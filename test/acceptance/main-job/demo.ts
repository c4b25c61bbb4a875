import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { run, type Ended } from '../programs.ts'
import type { Clone } from './clone.ts'

/** `.probant/demo.json`, as far as these tests need it. */
export interface DemoFile {
  readonly portal: string
  readonly api: string
  readonly admin: string
  readonly supervision: string
  readonly supervisionApi: string
  readonly mail: string
  readonly token: string
  readonly auditorToken: string
  readonly adminToken: string
  readonly supervisionToken: string
  readonly vault: string
  readonly anchors: string
  readonly pids: Readonly<Record<'appliance' | 'agent' | 'supervisor' | 'postgres', number>>
  readonly users: readonly { readonly user: string; readonly password: string }[]
}

export interface Finding {
  readonly kind: string
  readonly seq: number | null
  readonly sentence: { readonly fr: string; readonly en: string }
  readonly expected: string
  readonly found: string
}

const START_MS = 300_000

/** `npm start` in a clone, used as a newcomer, an administrator with a shell and an attacker with root would. */
export class Demo {
  readonly #clone: Clone
  readonly #ports: number
  #child: ReturnType<typeof spawn> | undefined
  #output = ''

  constructor(clone: Clone, ports: number) {
    this.#clone = clone
    this.#ports = ports
  }

  get home(): string {
    return join(this.#clone.folder, '.probant')
  }

  /** What `npm start` printed so far. */
  get output(): string {
    return this.#output
  }

  get env(): NodeJS.ProcessEnv {
    return { ...this.#clone.env, PROBANT_PORTS: String(this.#ports) }
  }

  async start(): Promise<void> {
    this.#output = ''
    const child = spawn('npm', ['start'], {
      cwd: this.#clone.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    const deadline = Date.now() + START_MS
    while (!this.#output.includes('Ctrl-C')) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`npm start did not get ready:\n${this.#output}`)
      await delay(200)
    }
  }

  /** Ctrl-C: the whole foreground group gets SIGINT. @returns the exit code */
  async stop(): Promise<number> {
    const child = this.#child
    if (child?.pid === undefined) return 0
    const exited = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? -1)))
    if (child.exitCode !== null) return child.exitCode
    process.kill(-child.pid, 'SIGINT')
    const code = await exited
    this.#child = undefined
    return code
  }

  async file(): Promise<DemoFile> {
    return JSON.parse(await readFile(join(this.home, 'demo.json'), 'utf8')) as DemoFile
  }

  async call(path: string, options: RequestInit & { token?: string } = {}): Promise<Response> {
    const { api, token: staff } = await this.file()
    const { token = staff, ...init } = options
    return fetch(`${api}${path}`, { ...init, headers: { authorization: `Bearer ${token}` } })
  }

  /** `npx probant …` in the clone. */
  async probant(...words: string[]): Promise<Ended> {
    return run(['npx', 'probant', ...words], { cwd: this.#clone.folder, env: this.env })
  }

  async supervision<T>(path: string): Promise<T> {
    const { supervisionApi, supervisionToken } = await this.file()
    const answer = await fetch(`${supervisionApi}${path}`, {
      headers: { authorization: `Bearer ${supervisionToken}` },
    })
    return (await answer.json()) as T
  }

  async findings(): Promise<readonly Finding[]> {
    const { items } = await this.supervision<{ items: { id: string }[] }>('/boxes')
    const answer = await this.supervision<{ items: Finding[] }>(
      `/boxes/${items[0]?.id ?? ''}/findings`,
    )
    return answer.items
  }

  /** Waits for a finding and for a mail that names its kind; further findings of an open alert are told in groups, within a minute or so. */
  async finding(
    kind: string,
    matches: (finding: Finding) => boolean = () => true,
  ): Promise<Finding> {
    for (let tries = 0; tries < 700; tries += 1) {
      const found = (await this.findings()).find((each) => each.kind === kind && matches(each))
      if (found !== undefined && (await this.mails()).some((mail) => mail.includes(kind)))
        return found
      await delay(200)
    }
    throw new Error(
      `no finding ${kind} with a mail; findings: ${JSON.stringify(await this.findings())}; mails: ${(await this.mails()).length}`,
    )
  }

  /** The messages sent, their folded lines joined again. */
  async mails(): Promise<string[]> {
    const { mail } = await this.file()
    const names = (await readdir(mail)).filter((name) => name.endsWith('.eml'))
    const texts = await Promise.all(names.map((name) => readFile(join(mail, name), 'utf8')))
    return texts.map((text) => text.replaceAll('=\r\n', '').replaceAll('\r\n ', ''))
  }

  /** As root on the box would: the database's superuser, who may switch every barrier off. */
  async asRoot<T>(work: (client: pg.Client) => Promise<T>, database = 'box'): Promise<T> {
    const settings = JSON.parse(
      await readFile(join(this.home, 'settings', 'appliance.json'), 'utf8'),
    ) as { database: { socketFolder: string; port: number } }
    const password = (await readFile(join(this.home, 'postgres.superuser'), 'utf8')).trim()
    const client = new pg.Client({
      host: settings.database.socketFolder,
      port: settings.database.port,
      user: 'postgres',
      password,
      database,
    })
    await client.connect()
    try {
      await client.query('SET session_replication_role = replica')
      return await work(client)
    } finally {
      await client.end()
    }
  }

  /** Copies the box's database beside it, or puts such a copy in its place: what a restore without a word looks like. */
  async asDisk(what: 'copy' | 'restore'): Promise<void> {
    const moves = {
      copy: ['CREATE DATABASE box_older TEMPLATE box'],
      restore: ['ALTER DATABASE box RENAME TO box_newer', 'ALTER DATABASE box_older RENAME TO box'],
    }[what]
    await this.asRoot(async (client) => {
      for (let tries = 0; ; tries += 1) {
        await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'box'`,
        )
        try {
          const [first = '', ...others] = moves
          await client.query(first)
          for (const move of others) await client.query(move)
          return
        } catch (error) {
          // Somebody connected again in between.
          if (tries === 200) throw error
        }
      }
    }, 'postgres')
  }

  /** Waits until the box takes deposits again after its connections were cut. */
  async settled(): Promise<void> {
    for (let tries = 0; tries < 150; tries += 1) {
      const { admin, vault } = await this.file()
      const ready = await fetch(`${admin}/readyz`).catch(() => undefined)
      const counted = await this.call(`/vaults/${vault}/objects/count`).catch(() => undefined)
      if (ready?.ok === true && counted?.ok === true) return
      await delay(200)
    }
    throw new Error('the box did not get ready again')
  }

  /** Processes whose command line or folder lies in the clone: none may be left after a stop. */
  async leftovers(): Promise<string[]> {
    const found: string[] = []
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (command.includes(this.#clone.folder) && existsSync(`/proc/${pid}`))
        found.push(`${pid} ${command.replaceAll('\0', ' ')}`)
    }
    return found
  }
}

/** The first of ten ports in a row that nobody listens on. */
export async function freePorts(): Promise<number> {
  for (let first = 20_000 + (process.pid % 2000) * 10; first < 60_000; first += 10) {
    const free = await Promise.all(Array.from({ length: 10 }, (_, at) => isFree(first + at)))
    if (free.every(Boolean)) return first
  }
  throw new Error('no ten ports in a row are free')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, 'localhost', () => server.close(() => resolve(true)))
  })
}
