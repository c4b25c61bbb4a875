import type { KeyErrorCode } from '../errors.ts'
import type { KeyKind } from '../provider.ts'
import type { StoredPin } from './pin.ts'
import type { Enclosing, TokenSettings } from './settings.ts'

/** What the service asks of the process that holds the maker's module. */
export type Request =
  | { readonly ask: 'open'; readonly token: TokenSettings; readonly pin: GivenPin }
  | { readonly ask: 'generate'; readonly label: string; readonly kind: KeyKind }
  | { readonly ask: 'find'; readonly label: string }
  | ({ readonly ask: 'publicKey' } & NamedKey)
  | ({ readonly ask: 'sign'; readonly message: Uint8Array } & NamedKey)
  | ({ readonly ask: 'enclose'; readonly plaintext: Uint8Array } & NamedKey & Bound)
  | ({ readonly ask: 'open-enclosed'; readonly enclosed: Uint8Array } & NamedKey & Bound)
  | ({ readonly ask: 'destroy' } & NamedKey)
  | { readonly ask: 'random'; readonly bytes: number }
  | { readonly ask: 'close' }

/** A PIN that the service asked for on its terminal; others the module's process reads itself. */
export type GivenPin = StoredPin | { readonly typed: Uint8Array }

export interface NamedKey {
  readonly label: string
  readonly kind: KeyKind
}

export interface Bound {
  readonly associatedData: Uint8Array
}

export interface OpenedToken {
  readonly label: string
  readonly serial: string
  readonly model: string
  /** The slot's own word that it is hardware. */
  readonly isHardware: boolean
  readonly kinds: readonly KeyKind[]
  readonly enclosing: Enclosing | undefined
  /** Of all keys in it. */
  readonly faulty: readonly FaultyKey[]
}

export interface FoundKey {
  readonly kind: KeyKind
  /** Why others than the token may have the key, by its attributes; empty when none may. */
  readonly faults: readonly string[]
}

export interface FaultyKey {
  readonly label: string
  readonly faults: readonly string[]
}

/** What each request is answered with; never undefined, which would be no answer. */
export interface Answers {
  readonly open: OpenedToken
  readonly generate: FoundKey
  readonly find: FoundKey | null
  readonly publicKey: Uint8Array
  readonly sign: Uint8Array
  readonly enclose: Uint8Array
  readonly 'open-enclosed': Uint8Array
  readonly destroy: null
  readonly random: Uint8Array
  readonly close: null
}

export type Ask = Request['ask']
export type RequestOf<A extends Ask> = Extract<Request, { ask: A }>

/** `lost`: the token, the session or the login is gone, or the device failed; a fresh process may have better luck. */
export type Failure =
  { readonly code: KeyErrorCode; readonly message: string } | { readonly lost: string }

export interface Reply {
  readonly id: number
  readonly answer?: Partial<Answers>
  readonly failure?: Failure
}
