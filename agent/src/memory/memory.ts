import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkSettings, writeDurably, type Clock } from '@probant/host'
import { Type, type Static } from 'typebox'
import { AgentError } from '../errors.ts'

const size = Type.Integer({ minimum: 0 })
const atMs = Type.Integer()
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** What the agent must not forget about one log; times in milliseconds since 1970. */
const remembered = Type.Object({
  format: Type.Literal(1),
  origin: Type.String(),
  /** When the agent first ran for this log: nights before don't count as missed. */
  sinceMs: atMs,
  /** Largest size cosigned by the pinned witness keys. */
  witnessed: orNull(Type.Object({ size, atMs, note: Type.Optional(Type.String()) })),
  /** The same for each further witness, by its name in the settings. */
  witnesses: Type.Optional(Type.Record(Type.String(), Type.Object({ size, atMs }))),
  /** The newest audit receipt verified, and whether the appliance has taken it. */
  receipt: orNull(Type.Object({ size, note: Type.String(), atMs, handedOver: Type.Boolean() })),
  /** What this box saw of the centre's own log of cosigned heads; absent before the first contact with one. */
  log: Type.Optional(
    Type.Object({
      /** The newest checkpoint that held. */
      note: Type.String(),
      atMs,
      /** When the first was signed, POSIX seconds: what was cosigned from then on is in the log. */
      since: Type.Integer(),
      /** Cosigned heads that the log has not shown yet. */
      pending: Type.Array(
        Type.Object({ size, time: Type.Integer(), note: Type.String(), sinceMs: atMs }),
      ),
    }),
  ),
  /** Start of the last shipment that reached its end, whatever the centre said of it. */
  shippedAtMs: orNull(atMs),
})

export type Remembered = Static<typeof remembered>

/**
 * Durable memory of what the centre has vouched for, one file per log: it shows a centre that went back. An unreadable
 * file stops the agent rather than being replaced, since forgetting is what an attacker would want.
 */
export class Memory {
  readonly #path: string
  #state: Remembered
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, state: Remembered) {
    this.#path = path
    this.#state = state
  }

  /** @throws AgentError `unusable-file` when the file exists but can't be understood */
  static async open(home: string, origin: string, clock: Clock): Promise<Memory> {
    await mkdir(home, { recursive: true, mode: 0o700 })
    const path = join(home, `memory-${origin.replaceAll('/', '_')}.json`)
    const stored = await readIfPresent(path)
    if (stored !== undefined) return new Memory(path, parse(stored, path, origin))
    const memory = new Memory(path, {
      format: 1,
      origin,
      sinceMs: clock.nowMs(),
      witnessed: null,
      receipt: null,
      shippedAtMs: null,
    })
    await memory.update({})
    return memory
  }

  get state(): Readonly<Remembered> {
    return this.#state
  }

  /** Changes some of it; durable when this resolves. */
  async update(
    change: Partial<Omit<Remembered, 'format' | 'origin' | 'log'>> & {
      log?: Remembered['log'] | undefined
    },
  ): Promise<void> {
    const { log, ...others } = { ...this.#state, ...change }
    this.#state = log === undefined ? others : { ...others, log }
    const text = `${JSON.stringify(this.#state, undefined, 2)}\n`
    // One write after the other, so that the newest state is what stays.
    this.#writing = this.#writing.catch(() => undefined).then(() => writeDurably(this.#path, text))
    await this.#writing
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function parse(text: string, path: string, origin: string): Remembered {
  try {
    const state = checkSettings(remembered, JSON.parse(text), path)
    if (state.origin === origin) return state
  } catch (error) {
    throw unusable(path, error)
  }
  throw unusable(path)
}

function unusable(path: string, cause?: unknown): AgentError {
  return new AgentError(
    'unusable-file',
    `${path} can't be understood; restore it, or move it away knowing that the agent then no longer notices a centre that went back`,
    cause,
  )
}
