import { Tpm2Error } from './errors.ts'
import { Connection } from './library/connection.ts'
import { flushLeftovers } from './leftovers.ts'
import { Use } from './use.ts'

export interface TpmSettings {
  /**
   * How to reach the TPM, as tpm2-tools take it: `device:/dev/tpmrm0`, `swtpm:host=127.0.0.1,port=2321`.
   * A name as `device` alone uses that library's default.
   */
  readonly tcti: string
  /**
   * `shared`: a resource manager stands before the TPM, and the connection is kept. `exclusive`: it serves one connection at a
   * time and nobody tidies up: it is opened for each use and closed after it, so that other processes have their turn, and
   * what a killed process left in it is flushed first. By default `shared` for `device:/dev/tpmrm…` and `tabrmd`.
   */
  readonly access?: 'shared' | 'exclusive'
}

/** A TPM 2.0. Opening costs nothing: each use connects when it has to, and again after the connection broke. */
export class Tpm {
  readonly #tcti: string
  readonly #exclusive: boolean
  #connection: Connection | undefined
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor({ tcti, access }: TpmSettings) {
    this.#tcti = tcti
    this.#exclusive = (access ?? defaultAccess(tcti)) === 'exclusive'
  }

  /**
   * Runs `work` with the TPM to itself within this process (and, over an exclusive connection, on the machine): uses wait for each
   * other in the order of their calls. Everything that `work` loaded is flushed when this settles. Nothing blocks the event loop.
   * @throws Tpm2Error `no-connection`, `libraries-missing`, `closed`; what `work` throws
   */
  async use<T>(work: (use: Use) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Tpm2Error('closed', 'The TPM was closed.')
    const turn = this.#last.then(() => this.#run(work))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  /** Uses under way and waiting finish first. Safe to repeat. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#last
    this.#disconnect()
  }

  async #run<T>(work: (use: Use) => Promise<T>): Promise<T> {
    const connection = await this.#connected()
    const use = new Use(connection)
    try {
      const result = await work(use)
      await use.end()
      return result
    } catch (error) {
      await use.end().catch(() => {
        connection.broken = true
      })
      throw error
    } finally {
      if (this.#exclusive || connection.broken) this.#disconnect()
    }
  }

  async #connected(): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection
    const connection = await Connection.open(this.#tcti)
    try {
      if (this.#exclusive) await flushLeftovers(connection)
    } catch (error) {
      connection.close()
      throw error
    }
    this.#connection = connection
    return connection
  }

  #disconnect(): void {
    this.#connection?.close()
    this.#connection = undefined
  }
}

function defaultAccess(tcti: string): 'shared' | 'exclusive' {
  return /^(device:\/dev\/tpmrm|tabrmd)/.test(tcti) ? 'shared' : 'exclusive'
}
