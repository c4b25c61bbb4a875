import { Tpm2Error } from '../errors.ts'
import { errorOf } from '../response-code.ts'
import { malformed } from '../wire/reader.ts'
import { commands, type CNumber, type CommandName } from './commands.ts'
import { native, type Native } from './shared-objects.ts'
import { numberOf, structureOf, wireOf, type Structure } from './structures.ts'

/** ESYS_TR: how the ESAPI names a loaded object, a session, an NV index or a permanent handle. */
export type EsysHandle = number

export const NO_HANDLE: EsysHandle = 0xfff

/** A structure's wire bytes, a number, or `null` for a structure that is left out. */
export type Input = Uint8Array | number | null
export type Output = Uint8Array | number

function esys(name: string, result: string, parameters: readonly string[]): Native {
  return native('esys', `Esys_${name}`, result, parameters)
}

/** Calls on one of the threads that Node keeps for blocking work; what is passed stays referenced until it answers. */
function onThread(call: Native, args: readonly unknown[]): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(...args, (error: unknown, status: unknown) => {
      if (error instanceof Error) reject(error)
      else resolve(numberOf(status))
    })
  })
}

/**
 * One ESAPI context over one TCTI connection. Not for concurrent use: whoever holds it gives one command at a time.
 */
export class Connection {
  readonly #tcti: BigUint64Array
  readonly #context: BigUint64Array
  /** True once a command showed that nothing can be expected of this connection any more. */
  broken = false

  private constructor(tcti: BigUint64Array, context: BigUint64Array) {
    this.#tcti = tcti
    this.#context = context
  }

  /** @param tcti as tpm2-tools take it: `device:/dev/tpmrm0`, `swtpm:host=…,port=…`. @throws Tpm2Error `no-connection`, `libraries-missing` */
  static async open(tcti: string): Promise<Connection> {
    const tctiContext = new BigUint64Array(1)
    const load = native('tctildr', 'Tss2_TctiLdr_Initialize', 'uint32_t', [
      'const char *',
      'void *',
    ])
    const status = await onThread(load, [tcti, tctiContext])
    if (status !== 0) {
      const cause = errorOf(`Opening the connection ${tcti}`, status)
      const message = `The TPM can't be reached by ${tcti}: is it there, may this user open it, and is the Debian package of this kind of connection (libtss2-tcti-…) installed?`
      throw new Tpm2Error('no-connection', message, { cause })
    }
    const context = new BigUint64Array(1)
    const start = esys('Initialize', 'uint32_t', ['void *', 'void *', 'void *'])
    const started = await onThread(start, [context, tctiContext[0], null])
    if (started !== 0) {
      finaliseTcti(tctiContext)
      throw errorOf('Initialize', started)
    }
    return new Connection(tctiContext, context)
  }

  /**
   * Carries out one command of the table.
   * @param sessions up to three: those that authorise first, in the order of the handles
   * @throws Tpm2Error as the response code says
   */
  async command(
    name: CommandName,
    handles: readonly EsysHandle[],
    sessions: readonly EsysHandle[],
    inputs: readonly Input[],
  ): Promise<Output[]> {
    const { takes, gives } = commands[name]
    const given: (Buffer | number | null)[] = []
    const places: BigUint64Array[] = gives.map(() => new BigUint64Array(1))
    try {
      for (const [at, type] of takes.entries()) given.push(passed(type, inputs[at] ?? null))
      const three = [0, 1, 2].map((at) => sessions[at] ?? NO_HANDLE)
      const status = await onThread(esys(name, 'uint32_t', signature(name)), [
        this.#context[0],
        ...handles,
        ...three,
        ...given,
        ...places,
      ])
      if (status !== 0) throw this.#failed(name, status)
      return gives.map((type, at) => received(type, places[at]?.[0] ?? 0n))
    } finally {
      for (const memory of given) if (memory instanceof Buffer) memory.fill(0)
    }
  }

  /** An ESYS_TR for what is in the TPM already: a persistent object, an NV index, a session. @throws Tpm2Error `not-found` */
  async existing(tpmHandle: number): Promise<EsysHandle> {
    const place = new BigUint64Array(1)
    const none = [NO_HANDLE, NO_HANDLE, NO_HANDLE]
    const call = esys('TR_FromTPMPublic', 'uint32_t', [
      'void *',
      'uint32_t',
      'uint32_t',
      'uint32_t',
      'uint32_t',
      'void *',
    ])
    const status = await onThread(call, [this.#context[0], tpmHandle, ...none, place])
    if (status !== 0) {
      throw this.#failed(`Looking up the handle 0x${tpmHandle.toString(16)}`, status)
    }
    return Number(place[0])
  }

  /** The authorisation value of an object or hierarchy, kept in the context until it is forgotten. */
  setAuthorisation(handle: EsysHandle, value: Uint8Array): void {
    const memory = structureOf('TPM2B_DIGEST', value)
    const call = esys('TR_SetAuth', 'uint32_t', ['void *', 'uint32_t', 'const void *'])
    const status: unknown = call(this.#context[0], handle, memory)
    memory.fill(0)
    if (status !== 0) throw this.#failed('Setting an authorisation', numberOf(status))
  }

  setSessionAttributes(session: EsysHandle, attributes: number): void {
    const call = esys('TRSess_SetAttributes', 'uint32_t', [
      'void *',
      'uint32_t',
      'uint8_t',
      'uint8_t',
    ])
    const status: unknown = call(this.#context[0], session, attributes, 0xff)
    if (status !== 0) throw this.#failed('Setting the attributes of a session', numberOf(status))
  }

  /** @param salt `NO_HANDLE` for an unsalted session. @param symmetric TPMT_SYM_DEF */
  async startSession(
    salt: EsysHandle,
    type: number,
    symmetric: Uint8Array,
    hash: number,
  ): Promise<EsysHandle> {
    const place = new BigUint64Array(1)
    const memory = structureOf('TPMT_SYM_DEF', symmetric)
    const call = esys('StartAuthSession', 'uint32_t', [
      'void *',
      ...Array<string>(5).fill('uint32_t'),
      'const void *',
      'uint8_t',
      'const void *',
      'uint16_t',
      'void *',
    ])
    const none = [NO_HANDLE, NO_HANDLE, NO_HANDLE, NO_HANDLE]
    const args = [this.#context[0], salt, ...none, null, type, memory, hash, place]
    const status = await onThread(call, args)
    if (status !== 0) throw this.#failed('StartAuthSession', status)
    return Number(place[0])
  }

  /** Removes an object or session from the TPM. */
  async flush(handle: EsysHandle): Promise<void> {
    const call = esys('FlushContext', 'uint32_t', ['void *', 'uint32_t'])
    const status = await onThread(call, [this.#context[0], handle])
    if (status !== 0) throw this.#failed('FlushContext', status)
  }

  /** Forgets what `existing` found; the TPM keeps it. */
  forget(handle: EsysHandle): void {
    const call = esys('TR_Close', 'uint32_t', ['void *', 'void *'])
    const status: unknown = call(this.#context[0], Uint32Array.of(handle))
    if (status !== 0) throw this.#failed('TR_Close', numberOf(status))
  }

  close(): void {
    esys('Finalize', 'void', ['void *'])(this.#context)
    finaliseTcti(this.#tcti)
  }

  #failed(command: string, status: number): Tpm2Error {
    const error = errorOf(command, status)
    if (error.code === 'no-connection') this.broken = true
    return error
  }
}

function finaliseTcti(tcti: BigUint64Array): void {
  native('tctildr', 'Tss2_TctiLdr_Finalize', 'void', ['void *'])(tcti)
}

function signature(name: CommandName): string[] {
  const { handles, takes, gives } = commands[name]
  return [
    'void *',
    ...Array<string>(handles + 3).fill('uint32_t'),
    ...takes.map((type) => (isNumber(type) ? type : 'const void *')),
    ...gives.map(() => 'void *'),
  ]
}

function isNumber(type: Structure | CNumber): type is CNumber {
  return !type.startsWith('TPM')
}

function passed(type: Structure | CNumber, input: Input): Buffer | number | null {
  if (isNumber(type) || input === null) {
    if (input instanceof Uint8Array) throw malformed('a number was expected')
    return input
  }
  if (typeof input === 'number') throw malformed(`${type} was expected`)
  return structureOf(type, input)
}

function received(type: Structure | 'handle' | 'uint32', place: bigint): Output {
  if (type === 'handle' || type === 'uint32') return Number(place & 0xffffffffn)
  return wireOf(type, place)
}
