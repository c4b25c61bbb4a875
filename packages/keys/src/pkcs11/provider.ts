import { systemClock, type Clock } from '@probant/host'
import { KeyError } from '../errors.ts'
import type { Attestation, Capabilities, KeyKind, KeyProvider, KeyRef } from '../provider.ts'
import { checkEnclosable, checkLabel, checkRandomBytes } from '../refusals.ts'
import { ModuleProcess, TokenLost } from './module-process.ts'
import { askOnTerminal } from './terminal.ts'
import type { Answers, Ask, FoundKey, GivenPin, OpenedToken, RequestOf } from './requests.ts'
import type { TokenSettings } from './settings.ts'

const DEFAULT_SESSIONS = 4
/** No more than one process a second is started for a token that isn't there. */
const PAUSE_MS = 1000

export interface Pkcs11Settings extends TokenSettings {
  readonly provider: 'pkcs11'
  /** True on a machine that was provisioned as a box: what is a warning elsewhere is then refused. */
  readonly provisionedBox?: boolean | undefined
}

/**
 * Keys in a token behind a PKCS#11 module (v2.40). The module runs in a process of its own, which is started again whenever token,
 * session or module are lost: calls in between are `unreachable`.
 * @throws KeyError `not-available`, `unreachable` (no such token now), `pin-refused`, `locked-out`, `refused`, `unsafe-permissions`
 */
export async function openPkcs11Provider(
  settings: Pkcs11Settings,
  clock: Clock = systemClock,
): Promise<KeyProvider> {
  const { pin } = settings
  const given: GivenPin =
    'prompt' in pin ? { typed: await askOnTerminal('PIN of the token: ') } : pin
  const provider = new Pkcs11Provider(settings, given, clock)
  await provider.reach()
  return provider
}

class Pkcs11Provider implements KeyProvider {
  readonly name = 'pkcs11'
  readonly #settings: Pkcs11Settings
  readonly #pin: GivenPin
  readonly #clock: Clock
  readonly #faulty = new Map<string, readonly string[]>()
  #process: Promise<ModuleProcess> | undefined
  /** That the process before has ended. */
  #ended: Promise<void> = Promise.resolve()
  #token: OpenedToken | undefined
  #failure: { readonly atMs: number; readonly error: KeyError } | undefined
  #closed: Promise<void> | undefined
  #generating: Promise<unknown> = Promise.resolve()

  constructor(settings: Pkcs11Settings, pin: GivenPin, clock: Clock) {
    this.#settings = settings
    this.#pin = pin
    this.#clock = clock
  }

  get capabilities(): Capabilities {
    return {
      kinds: this.#token?.kinds ?? [],
      signingKeysStayInside: this.#token?.isHardware === true && this.#faulty.size === 0,
      opensWrappingKeys: false,
      enclosing: this.#token?.enclosing,
      attests: false,
      persistent: true,
    }
  }

  get place(): string {
    const { label = '', serial = '', model = '' } = this.#token ?? {}
    return `token "${label}" (${model}, serial ${serial}) behind ${this.#settings.module}`
  }

  get warning(): string | undefined {
    const warnings = [...this.#faulty].map(([label, faults]) => faultSentence(label, faults))
    if (this.#token?.isHardware === false) warnings.unshift(softwareSentence(this.#token.label))
    return warnings.length === 0 ? undefined : warnings.join(' ')
  }

  async reach(): Promise<void> {
    await this.#open()
  }

  async generate(label: string, kind: KeyKind): Promise<KeyRef> {
    checkLabel(label)
    // One after the other: some tokens (SoftHSM) fail when two sessions make keys at the same moment.
    const mine = this.#generating.then(() =>
      this.#once<'generate'>({ ask: 'generate', label, kind }),
    )
    this.#generating = mine.catch(() => undefined)
    return this.#refOf(label, await mine)
  }

  async find(label: string): Promise<KeyRef | undefined> {
    checkLabel(label)
    const found = await this.#call<'find'>({ ask: 'find', label })
    return found === null ? undefined : this.#refOf(label, found)
  }

  async publicKey(ref: KeyRef): Promise<Uint8Array> {
    return this.#call<'publicKey'>({ ask: 'publicKey', ...this.#own(ref) })
  }

  async sign(ref: KeyRef, message: Uint8Array): Promise<Uint8Array> {
    return this.#call<'sign'>({ ask: 'sign', ...this.#own(ref), message })
  }

  async enclose(
    ref: KeyRef,
    plaintext: Uint8Array,
    associatedData: Uint8Array,
  ): Promise<Uint8Array> {
    checkEnclosable(plaintext)
    return this.#call<'enclose'>({ ask: 'enclose', ...this.#own(ref), plaintext, associatedData })
  }

  async open(ref: KeyRef, enclosed: Uint8Array, associatedData: Uint8Array): Promise<Uint8Array> {
    const request = { ...this.#own(ref), enclosed, associatedData }
    return this.#call<'open-enclosed'>({ ask: 'open-enclosed', ...request })
  }

  async random(n: number): Promise<Uint8Array> {
    checkRandomBytes(n)
    return this.#call<'random'>({ ask: 'random', bytes: n })
  }

  async attest(): Promise<Attestation | undefined> {
    await this.#open()
    return undefined
  }

  async destroy(ref: KeyRef): Promise<void> {
    if (ref.provider !== this.name) return
    await this.#call<'destroy'>({ ask: 'destroy', label: ref.label, kind: ref.kind })
    this.#faulty.delete(ref.label)
  }

  async close(): Promise<void> {
    this.#closed ??= (async () => {
      const running = await this.#process?.catch(() => undefined)
      await Promise.all([running?.retire(), this.#ended])
    })()
    return this.#closed
  }

  /** Once more in a fresh process where the first lost its token: nothing that is asked so has another effect. */
  async #call<A extends Ask>(request: RequestOf<A>): Promise<Answers[A]> {
    try {
      return await this.#try(request)
    } catch (error) {
      if (!(error instanceof TokenLost)) throw error
      if (!error.maySoonBeBack) throw unreachable(error)
      return this.#once(request)
    }
  }

  async #once<A extends Ask>(request: RequestOf<A>): Promise<Answers[A]> {
    try {
      return await this.#try(request)
    } catch (error) {
      throw error instanceof TokenLost ? unreachable(error) : error
    }
  }

  async #try<A extends Ask>(request: RequestOf<A>): Promise<Answers[A]> {
    const opening = this.#current()
    const running = await opening
    try {
      return await running.call(request)
    } catch (error) {
      if (error instanceof TokenLost && this.#process === opening) {
        this.#process = undefined
        this.#ended = running.retire()
      }
      throw error
    }
  }

  async #open(): Promise<ModuleProcess> {
    try {
      return await this.#current()
    } catch (error) {
      throw error instanceof TokenLost ? unreachable(error) : error
    }
  }

  #current(): Promise<ModuleProcess> {
    if (this.#closed !== undefined) {
      return Promise.reject(new KeyError('closed', 'the key provider was closed'))
    }
    if (this.#process !== undefined) return this.#process
    const starting = this.#start()
    this.#process = starting
    starting.catch(() => {
      if (this.#process === starting) this.#process = undefined
    })
    return starting
  }

  async #start(): Promise<ModuleProcess> {
    const last = this.#failure
    // A refused PIN is never offered again by itself: that would lock the token.
    const isFinal = last?.error.code === 'pin-refused'
    if (last !== undefined && (isFinal || this.#clock.monotonicMs() < last.atMs + PAUSE_MS)) {
      throw last.error
    }
    const { sessions = DEFAULT_SESSIONS } = this.#settings
    // Its sessions first end: the token sees no more of them at once than the settings say.
    await this.#ended
    const starting = new ModuleProcess(this.#clock, sessions)
    try {
      const token = await starting.call<'open'>({
        ask: 'open',
        token: this.#settings,
        pin: this.#pin,
      })
      this.#take(token)
      this.#failure = undefined
      return starting
    } catch (error) {
      this.#ended = starting.retire()
      const known = error instanceof KeyError ? error : unreachable(error)
      this.#failure = { atMs: this.#clock.monotonicMs(), error: known }
      throw known
    }
  }

  /** @throws KeyError `refused` on a box, for what is a warning elsewhere */
  #take(token: OpenedToken): void {
    this.#token = token
    this.#faulty.clear()
    for (const { label, faults } of token.faulty) this.#faulty.set(label, faults)
    const { warning } = this
    if (this.#settings.provisionedBox === true && warning !== undefined)
      throw new KeyError('refused', warning)
  }

  #own({ provider, label, kind }: KeyRef): { label: string; kind: KeyKind } {
    if (provider !== this.name) throw new KeyError('not-found', `the token holds no key ${label}`)
    return { label, kind }
  }

  #refOf(label: string, { kind, faults }: FoundKey): KeyRef {
    if (faults.length > 0) {
      if (this.#settings.provisionedBox === true) {
        throw new KeyError('refused', faultSentence(label, faults))
      }
      this.#faulty.set(label, faults)
    }
    return { provider: this.name, label, kind }
  }
}

const faultSentence = (label: string, faults: readonly string[]): string =>
  `Others than the token may have the key ${label}: ${faults.join('; ')}.`

const softwareSentence = (label: string): string =>
  `The token "${label}" is no hardware, as its own slot says: whoever has its files and its PIN has the keys.`

function unreachable(error: unknown): KeyError {
  const why = error instanceof Error ? error.message : String(error)
  return new KeyError('unreachable', `The token can't be reached: ${why}.`, { cause: error })
}
