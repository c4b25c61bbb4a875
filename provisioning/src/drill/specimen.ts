import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import type { Clock } from '@probant/host'
import type { Client } from '@probant/postgres'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { RestClient } from '../demonstration/rest.ts'
import { ProvisioningError } from '../errors.ts'
import { homePaths, LOOPBACK, repositoryRoot } from '../installation/layout.ts'
import { asSuperuser } from './copy.ts'
import { readDemo, type DemoAccess } from './demo.ts'
import { centreFinding, type CentreFinding } from './observation.ts'

const START_MS = 120_000
const LOOK_EVERY_MS = 100
const COMMAND_MS = 120_000

const boxes = Type.Object({ items: Type.Array(Type.Object({ id: Type.String() })) })
const findings = Type.Object({ items: Type.Array(centreFinding) })
const deposited = Type.Object({
  id: Type.String(),
  /** As far as its holder needs it to show what the box signed. */
  receipt: Type.Object({ trace: Type.String(), proof: Type.String() }),
})

export type DepositAnswer = Static<typeof deposited>

export type PartName = 'appliance' | 'agent' | 'supervisor'

/** What a command printed and ended with. */
export interface Ended {
  readonly code: number
  readonly output: string
}

/** A copy that runs, as the processes that npm start makes, and what an attacker with every right can do to it. */
export class Specimen {
  readonly home: string
  readonly clock: Clock
  readonly #ports: number
  #launcher: ChildProcess | undefined
  #demo: DemoAccess | undefined
  #boxId = ''
  readonly #atEnd: (() => Promise<void>)[] = []

  constructor(home: string, ports: number, clock: Clock) {
    this.home = home
    this.clock = clock
    this.#ports = ports
  }

  get demo(): DemoAccess {
    if (this.#demo === undefined) throw new Error('the copy does not run')
    return this.#demo
  }

  get boxId(): string {
    return this.#boxId
  }

  get firstPort(): number {
    return this.#ports
  }

  /** Something that has to be undone before the copy is thrown away. */
  atEnd(undo: () => Promise<void>): void {
    this.#atEnd.push(undo)
  }

  /** @param environment what every process of it gets beside its own */
  async start(environment: NodeJS.ProcessEnv = {}): Promise<void> {
    const launcher = spawn(process.execPath, [join(repositoryRoot, 'provisioning/src/start.ts')], {
      // no configuration: mail goes to the copy’s own folder, and nobody outside is asked for anything
      env: { ...process.env, ...environment, ...this.#environment() },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#launcher = launcher
    let said = ''
    for (const stream of [launcher.stdout, launcher.stderr])
      stream.on('data', (chunk: Buffer) => {
        said = `${said}${chunk.toString()}`.slice(-4000)
      })
    for (let waitedMs = 0; this.#demo === undefined; waitedMs += LOOK_EVERY_MS) {
      if (launcher.exitCode !== null || waitedMs > START_MS)
        throw new ProvisioningError('part-failed', `The copy does not start: ${said}`)
      await this.clock.sleep(LOOK_EVERY_MS)
      this.#demo = await readDemo(this.home)
    }
    const { items } = await this.centre().call(boxes, 'GET', '/boxes')
    this.#boxId = items[0]?.id ?? ''
  }

  /** Stops every part in order, as Ctrl-C does. */
  async stop(): Promise<void> {
    for (let undo = this.#atEnd.pop(); undo !== undefined; undo = this.#atEnd.pop()) await undo()
    const launcher = this.#launcher
    this.#launcher = undefined
    this.#demo = undefined
    if (launcher?.exitCode !== null || launcher.signalCode !== null) return
    const ended = new Promise<void>((resolve) => launcher.once('exit', () => resolve()))
    launcher.kill('SIGINT')
    await ended
  }

  /** One transaction as PostgreSQL’s superuser, for whom no trigger runs. */
  root<T>(work: (client: Client) => Promise<T>, database: 'box' | 'centre' | 'postgres' = 'box') {
    return asSuperuser(this.home, database, work)
  }

  box(): RestClient {
    return new RestClient(this.demo.api, this.demo.token)
  }

  administration(): RestClient {
    return new RestClient(this.demo.api, this.demo.adminToken)
  }

  centre(): RestClient {
    return new RestClient(this.demo.supervisionApi, this.demo.supervisionToken)
  }

  /** What the centre found so far, newest first: about the box, or (`centre`) about itself. */
  async findings(about = this.#boxId): Promise<CentreFinding[]> {
    const path = `/boxes/${about}/findings?limit=100`
    return (await this.centre().call(findings, 'GET', path)).items
  }

  /** @returns the object’s identifier, and its receipt */
  async deposit(title: string, content = `${title}\n`): Promise<DepositAnswer> {
    const form = new FormData()
    form.set('metadata', JSON.stringify({ title }))
    form.set('file', new Blob([content], { type: 'text/plain' }), `${title}.txt`)
    return this.box().call(deposited, 'POST', `/vaults/${this.demo.vault}/objects`, form)
  }

  /** Has the agent ship at once. @returns false when it could not */
  async ship(): Promise<boolean> {
    return (await this.askAgent('POST', '/ship')).status === 200
  }

  async askAgent(method: 'GET' | 'POST', path: string, body?: string) {
    const text = await readFile(homePaths(this.home).settings('agent'), 'utf8')
    const { controlSocket } = Value.Parse(agentPlace, JSON.parse(text))
    return callSocket(controlSocket, method, path, body)
  }

  /** Asks the vault service as its agent does, on the socket that they share. */
  async askBox(method: 'GET' | 'POST', path: string, body?: object) {
    const text = await readFile(homePaths(this.home).settings('appliance'), 'utf8')
    const { localSocket } = Value.Parse(boxPlace, JSON.parse(text))
    return callSocket(localSocket, method, path, body && JSON.stringify(body))
  }

  /** `probant …` on the copy. */
  probant(...words: string[]): Promise<Ended> {
    return this.#run('provisioning/cli/probant.ts', words)
  }

  #run(file: string, words: readonly string[]): Promise<Ended> {
    const child = spawn(process.execPath, [join(repositoryRoot, file), ...words], {
      env: { ...process.env, ...this.#environment() },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_MS,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ code: code ?? -1, output }))
    })
  }

  /** Ends a part with this signal; resolves once its successor serves. */
  async restart(part: PartName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const before = this.demo.pids[part]
    await this.end(part, signal)
    for (let waitedMs = 0; waitedMs < START_MS; waitedMs += LOOK_EVERY_MS) {
      const now = await readDemo(this.home)
      if (now !== undefined && now.pids[part] !== before && (await this.#serves(part))) {
        this.#demo = now
        return
      }
      await this.clock.sleep(LOOK_EVERY_MS)
    }
    throw new Error(`the ${part} did not come back`)
  }

  /** Sends a signal to a part. */
  async end(part: PartName | 'postgres', signal: NodeJS.Signals): Promise<void> {
    const { pids } = (await readDemo(this.home)) ?? this.demo
    process.kill(pids[part], signal)
  }

  /** Waits until every part serves, whichever were ended. */
  async backAgain(): Promise<void> {
    for (let waitedMs = 0; waitedMs < START_MS; waitedMs += LOOK_EVERY_MS) {
      const parts = ['supervisor', 'appliance', 'agent'] as const
      const serving = await Promise.all(parts.map((part) => this.#serves(part)))
      const now = await readDemo(this.home)
      if (now !== undefined && serving.every(Boolean)) {
        this.#demo = now
        return
      }
      await this.clock.sleep(LOOK_EVERY_MS)
    }
    throw new Error('the copy did not come back')
  }

  async #serves(part: PartName): Promise<boolean> {
    const port = this.#ports + { appliance: 1, supervisor: 5, agent: 6 }[part]
    const answer = await fetch(`http://${LOOPBACK}:${port}/healthz`).catch(() => undefined)
    await answer?.body?.cancel()
    return answer?.status === 200
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      PROBANT_HOME: this.home,
      PROBANT_PORTS: String(this.#ports),
      PROBANT_CONFIG: '',
      npm_lifecycle_event: undefined,
    }
  }
}

const agentPlace = Type.Object({ controlSocket: Type.String() })
const boxPlace = Type.Object({ localSocket: Type.String() })

/** @returns status 0 and why, when there is no answer */
function callSocket(socketPath: string, method: string, path: string, body?: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const call = request({ socketPath, path, method, headers, timeout: COMMAND_MS }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part))
      answer.on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    call.on('timeout', () => call.destroy(new Error('no answer in time')))
    call.on('error', reject)
    call.end(body)
  }).catch((error: unknown) => ({
    status: 0,
    text: error instanceof Error ? error.message : String(error),
  }))
}
