import { fork, type ChildProcess } from 'node:child_process'
import type { Clock } from '@probant/host'
import { KeyError } from '../errors.ts'
import type { Answers, Ask, Reply, Request, RequestOf } from './requests.ts'

/** A device that takes longer for one call is taken for one that doesn't answer, and its process is ended. */
const CALL_LIMIT_MS = 30_000
/** RSA keys take minutes on small tokens. */
const GENERATION_LIMIT_MS = 300_000

/** The token, the session or the process is gone: a fresh process may do better. */
export class TokenLost extends Error {
  override name = 'TokenLost'
  /** False when time ran out: asking once more would take as long again. */
  readonly maySoonBeBack: boolean

  constructor(message: string, maySoonBeBack = true) {
    super(message)
    this.maySoonBeBack = maySoonBeBack
  }
}

interface Pending {
  resolve(answer: Partial<Answers>): void
  reject(error: Error): void
}

/** One process with the maker's module in it, as the service sees it. */
export class ModuleProcess {
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<void>
  #lastId = 0
  #isRetired = false
  #isClosing = false

  constructor(clock: Clock, sessions: number) {
    this.#clock = clock
    this.#child = fork(new URL('./module-host.ts', import.meta.url), [], {
      serialization: 'advanced',
      execArgv: [],
      // A module may print what it is given.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...process.env, UV_THREADPOOL_SIZE: String(sessions + 2) },
    })
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (status, signal) => {
        this.#fail(`the process of the PKCS#11 module ended (${String(signal ?? status)})`)
        resolve()
      })
    })
    this.#child.on('error', (error) => {
      this.#fail(`the process of the PKCS#11 module: ${error.message}`)
    })
    this.#child.on('message', (reply: Reply) => {
      this.#take(reply)
    })
    this.#release()
  }

  /**
   * @throws KeyError as the token or the binding said; TokenLost
   */
  async call<A extends Ask>(request: RequestOf<A>): Promise<Answers[A]> {
    const ended = new AbortController()
    const limitMs = request.ask === 'generate' ? GENERATION_LIMIT_MS : CALL_LIMIT_MS
    this.#clock.sleep(limitMs, ended.signal).then(
      () => {
        this.#fail(`the device gave no answer within ${limitMs / 1000} seconds`, false)
        this.#child.kill('SIGKILL')
      },
      () => undefined,
    )
    try {
      const answered = (await this.#ask(request))[request.ask]
      if (answered === undefined) throw new TokenLost('the module’s process gave no answer')
      return answered
    } finally {
      ended.abort()
    }
  }

  /** Lets calls under way finish, then ends the process. */
  async retire(): Promise<void> {
    if (this.#isRetired) return this.#exited
    this.#isRetired = true
    this.#child.ref()
    if (this.#pending.size === 0) await this.#close()
    return this.#exited
  }

  async #close(): Promise<void> {
    if (!this.#child.connected || this.#isClosing) return
    this.#isClosing = true
    await this.call<'close'>({ ask: 'close' }).catch(() => undefined)
    this.#child.kill('SIGKILL')
  }

  #ask(request: Request): Promise<Partial<Answers>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId
      this.#pending.set(id, { resolve, reject })
      this.#child.channel?.ref()
      this.#child.send({ id, request }, (error) => {
        if (error !== null) this.#fail(`the process of the PKCS#11 module: ${error.message}`)
      })
    })
  }

  #take({ id, answer = {}, failure }: Reply): void {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#release()
    if (failure === undefined) pending?.resolve(answer)
    else if ('lost' in failure) pending?.reject(new TokenLost(failure.lost))
    else pending?.reject(new KeyError(failure.code, failure.message))
    if (this.#isRetired && this.#pending.size === 0) void this.#close()
  }

  #fail(why: string, maySoonBeBack = true): void {
    for (const each of this.#pending.values()) each.reject(new TokenLost(why, maySoonBeBack))
    this.#pending.clear()
    this.#release()
  }

  /** With nothing under way, an open provider doesn't keep the service's process alive. */
  #release(): void {
    if (!this.#isRetired) this.#child.unref()
    this.#child.channel?.unref()
  }
}
