import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { freePorts } from '../acceptance/main-job/demo.ts'

const run = promisify(execFile)
const project = new URL('../../', import.meta.url).pathname
const longestStartMs = 200_000

const DemoFile = Type.Object({
  portal: Type.String(),
  supervision: Type.String(),
  supervisionToken: Type.String(),
  token: Type.String(),
  vault: Type.String(),
  anchors: Type.String(),
  users: Type.Array(Type.Object({ user: Type.String(), password: Type.String() })),
})
type DemoFile = Static<typeof DemoFile>

/** The demo of `npm start`, in a folder of its own, with what the pages are built from now. */
export class Installation {
  readonly home: string
  readonly demo: DemoFile
  readonly #env: NodeJS.ProcessEnv
  readonly #stop: () => Promise<void>

  private constructor(
    home: string,
    demo: DemoFile,
    env: NodeJS.ProcessEnv,
    stop: () => Promise<void>,
  ) {
    this.home = home
    this.demo = demo
    this.#env = env
    this.#stop = stop
  }

  /** @param given variables of the environment, besides this process's own */
  static async start(given: NodeJS.ProcessEnv = {}): Promise<Installation> {
    const home = await mkdtemp(join(tmpdir(), 'probant-portal-'))
    const env = {
      ...process.env,
      ...given,
      PROBANT_HOME: home,
      PROBANT_PORTS: String(await freePorts()),
    }
    const child = spawn(process.execPath, ['provisioning/src/start.ts'], {
      cwd: project,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    const stop = async () => {
      child.kill('SIGINT')
      await ended
      await rm(home, { recursive: true, force: true })
    }
    for (let waitedMs = 0; !output.includes('Ctrl-C'); waitedMs += 200) {
      if (child.exitCode !== null || waitedMs > longestStartMs) {
        await stop()
        throw new Error(`the installation did not get ready:\n${output}`)
      }
      await delay(200)
    }
    const demo: unknown = JSON.parse(await readFile(join(home, 'demo.json'), 'utf8'))
    return new Installation(home, Value.Parse(DemoFile, demo), env, stop)
  }

  passwordOf(name: string): string {
    return this.demo.users.find(({ user }) => user === name)?.password ?? ''
  }

  /** `npx probant …`; throws unless it exits with 0. */
  async probant(...words: string[]): Promise<string> {
    const command = ['provisioning/cli/probant.ts', ...words]
    const { stdout } = await run(process.execPath, command, { cwd: project, env: this.#env })
    return stdout
  }

  stop(): Promise<void> {
    return this.#stop()
  }
}
