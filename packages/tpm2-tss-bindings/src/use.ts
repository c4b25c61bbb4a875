import { Tpm2Error } from './errors.ts'
import { commands, type CommandName } from './library/commands.ts'
import {
  NO_HANDLE,
  type Connection,
  type EsysHandle,
  type Input,
  type Output,
} from './library/connection.ts'
import { malformed, unsized } from './wire/reader.ts'
import { sized } from './wire/writer.ts'

/** Something in the TPM that a `Use` may name until it ends. */
export interface Handle {
  readonly esys: EsysHandle
}

/** A session: authorises commands, and protects what goes to and from the TPM. */
export interface Session extends Handle {
  readonly kind: 'hmac' | 'policy' | 'trial'
  /** True when it is salted: only then it has a secret to encrypt with. */
  readonly encrypts: boolean
}

/** An object in the TPM with its public area (TPMT_PUBLIC). */
export interface LoadedObject extends Handle {
  readonly publicArea: Uint8Array
}

/** Permanent handles, under the ESAPI's numbers. */
export const permanent = {
  owner: { esys: 0x101 },
  none: { esys: 0x107 },
  lockout: { esys: 0x10a },
  endorsement: { esys: 0x10b },
} as const satisfies Record<string, Handle>

/** ESYS_TR_PASSWORD: the authorisation value, here mostly empty, given as it is. */
const PASSWORD: EsysHandle = 0x0ff

const CONTINUE = 0x01
const DECRYPT = 0x20
const ENCRYPT = 0x40

/** How one command is authorised; without any, by `Use.protection`. */
export interface Authorisation {
  /** For the first handle that needs one: by default the protecting session with the handle's own authorisation value. */
  readonly by?: Session | undefined
  /** For the second. */
  readonly also?: Session | undefined
}

/** The results of a command, in the order of its table. */
export class Answer {
  readonly #outputs: readonly Output[]

  constructor(outputs: readonly Output[]) {
    this.#outputs = outputs
  }

  bytes(at: number): Uint8Array {
    const output = this.#outputs[at]
    if (!(output instanceof Uint8Array)) throw malformed('a structure is missing from the answer')
    return output
  }

  /** What a TPM2B holds; maybe a secret, so that the copy that it is taken from is wiped. */
  content(at: number): Uint8Array {
    const wire = this.bytes(at)
    try {
      return unsized(wire)
    } finally {
      wire.fill(0)
    }
  }

  number(at: number): number {
    const output = this.#outputs[at]
    if (typeof output !== 'number') throw malformed('a number is missing from the answer')
    return output
  }
}

/**
 * The time during which one caller has the TPM to itself. All that it loads or starts is flushed when it ends, also when it fails:
 * a TPM has room for three objects and three sessions. Commands given at once are carried out one after the other.
 */
export class Use {
  readonly #connection: Connection
  readonly #open = new Map<EsysHandle, () => Promise<void>>()
  #last: Promise<unknown> = Promise.resolve()
  #ended = false
  /** The session that protects every following command: encrypts its parameters and checks that answers are the TPM's. */
  protection: Session | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Sends a command with the sessions that authorise and protect it. @throws Tpm2Error */
  async send(
    name: CommandName,
    handles: readonly Handle[],
    inputs: readonly Input[],
    { by, also }: Authorisation = {},
  ): Promise<Answer> {
    const { authorised, takes, gives } = commands[name]
    const authorising = [by ?? this.protection, also].slice(0, authorised)
    const encrypts = encryption(takes[0], gives)
    const protecting = this.protection ?? authorising.find((session) => session?.encrypts === true)
    const sessions = authorising.map((session) => session?.esys ?? PASSWORD)
    // a session that neither authorises nor encrypts may not stand with a command
    if (protecting !== undefined && encrypts !== 0 && !sessions.includes(protecting.esys)) {
      sessions.push(protecting.esys)
    }
    return this.#inTurn(async (connection) => {
      for (const session of sessions) {
        if (session === PASSWORD) continue
        const own = session === protecting?.esys ? encrypts : 0
        connection.setSessionAttributes(session, CONTINUE | own)
      }
      const esysHandles = handles.map((handle) => handle.esys)
      return new Answer(await connection.command(name, esysHandles, sessions, inputs))
    })
  }

  /** @param salt the key whose TPM alone can read the session's salt. @throws Tpm2Error */
  async startSession(
    kind: Session['kind'],
    salt: Handle | undefined,
    symmetric: Uint8Array,
    hash: number,
  ): Promise<Session> {
    const type = { hmac: 0, policy: 1, trial: 3 }[kind]
    const esys = await this.#inTurn((connection) =>
      connection.startSession(salt?.esys ?? NO_HANDLE, type, symmetric, hash),
    )
    return { ...this.flushedAtEnd({ esys }), kind, encrypts: salt !== undefined }
  }

  /** Names what the TPM holds already. @throws Tpm2Error `not-found` */
  async existing(tpmHandle: number): Promise<Handle> {
    const esys = await this.#inTurn((connection) => connection.existing(tpmHandle))
    return this.forgottenAtEnd({ esys })
  }

  /** The authorisation value that goes with a handle. @param value without its length */
  async setAuthorisation(handle: Handle, value: Uint8Array): Promise<void> {
    const wire = sized(value)
    try {
      await this.#inTurn((connection) => {
        connection.setAuthorisation(handle.esys, wire)
        return Promise.resolve()
      })
    } finally {
      wire.fill(0)
    }
  }

  /** Remembers to flush. */
  flushedAtEnd<Kept extends Handle>(handle: Kept): Kept {
    this.#open.set(handle.esys, () => this.#connection.flush(handle.esys))
    return handle
  }

  /** Remembers to let go of a name for what stays in the TPM. */
  forgottenAtEnd<Kept extends Handle>(handle: Kept): Kept {
    this.#open.set(handle.esys, () => {
      this.#connection.forget(handle.esys)
      return Promise.resolve()
    })
    return handle
  }

  /** A command removed it from the TPM. */
  forgotten(handle: Handle): void {
    this.#open.delete(handle.esys)
  }

  /** Flushes what is no longer needed before the end, to make room. */
  async flush(handle: Handle): Promise<void> {
    await this.#inTurn((connection) => connection.flush(handle.esys))
    this.#open.delete(handle.esys)
  }

  /** Flushes everything, newest first. The first failure is thrown after all were tried. */
  async end(): Promise<void> {
    await this.#last.catch(() => undefined)
    this.#ended = true
    const failures: unknown[] = []
    for (const flush of [...this.#open.values()].reverse()) {
      if (this.#connection.broken) break
      await flush().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }

  async #inTurn<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#ended) throw new Tpm2Error('closed', 'This use of the TPM has ended.')
    const turn = this.#last.then(
      () => work(this.#connection),
      () => work(this.#connection),
    )
    this.#last = turn
    return turn
  }
}

/** A session encrypts the first parameter only, and only where it is a TPM2B (part 1, section 21). */
function encryption(firstTaken: string | undefined, gives: readonly string[]): number {
  const firstGiven = gives.find((type) => type !== 'handle')
  const isSized = (type: string | undefined) => type?.startsWith('TPM2B') === true
  return (isSized(firstTaken) ? DECRYPT : 0) | (isSized(firstGiven) ? ENCRYPT : 0)
}
