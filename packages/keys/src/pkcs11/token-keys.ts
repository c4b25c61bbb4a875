import { KeyError } from '../errors.ts'
import type { KeyKind } from '../provider.ts'
import type { Handle } from './cryptoki.ts'
import { Attribute, KeyType, ObjectClass, P256_PARAMETERS, RSA_BYTES } from './constants.ts'
import { ecPublicKey, ecSign } from './ec-keys.ts'
import { derOfRaw } from './ecdsa-signature.ts'
import { companionLabel, newEcPair, newRsaPair, newWrappingKey } from './generation.ts'
import type { WrappingKey } from './enclosing/method.ts'
import { enclosingOffered, methodOf } from './enclosing/methods.ts'
import { faultsOf, faultyKeys } from './key-attributes.ts'
import { attributesOf, findObjects } from './objects.ts'
import { rsaPublicKey, rsaSign } from './rsa-keys.ts'
import type { Bound, FaultyKey, FoundKey, NamedKey } from './requests.ts'
import type { Enclosing } from './settings.ts'
import type { Token } from './token.ts'

type TokenKey = { readonly faults: readonly string[] } & (
  { readonly kind: 'ec-p256' | 'rsa-3072'; readonly key: Handle } | WrappingKey
)

/** The keys of one token by their labels. Only session handles are kept; the token is asked for everything else. */
export class TokenKeys {
  readonly #token: Token
  readonly #preferred: Enclosing | undefined
  readonly #known = new Map<string, TokenKey>()

  constructor(token: Token, preferred: Enclosing | undefined) {
    this.#token = token
    this.#preferred = preferred
  }

  get enclosing(): Enclosing | undefined {
    return enclosingOffered(this.#token, this.#preferred)
  }

  get kinds(): KeyKind[] {
    const { offersEcdsa, signsByRsa } = this.#token
    const kinds: KeyKind[] = []
    if (offersEcdsa) kinds.push('ec-p256')
    if (signsByRsa) kinds.push('rsa-3072')
    if (this.enclosing !== undefined) kinds.push('wrapping-aes-256')
    return kinds
  }

  /** Of all keys in the token, also those that nobody has asked for yet. */
  async faulty(): Promise<FaultyKey[]> {
    const { cryptoki } = this.#token
    return this.#token.use((session) => Promise.resolve(faultyKeys(cryptoki, session)))
  }

  async find(label: string): Promise<FoundKey | undefined> {
    const found = await this.#load(label)
    return found && { kind: found.kind, faults: found.faults }
  }

  /**
   * Not for concurrent use: the service asks for one key after the other.
   * @throws KeyError `already-exists`, `not-available`; errors of the binding
   */
  async generate(label: string, kind: KeyKind): Promise<FoundKey> {
    if (!this.kinds.includes(kind)) {
      throw new KeyError('not-available', `this token makes no ${kind} keys`)
    }
    if ((await this.#load(label)) !== undefined) {
      throw new KeyError('already-exists', `the token holds a key ${label} already`)
    }
    const { enclosing } = this
    if (kind === 'ec-p256') await newEcPair(this.#token, label)
    else if (kind === 'rsa-3072') await newRsaPair(this.#token, label, 'sign')
    else if (enclosing !== undefined) await newWrappingKey(this.#token, label, enclosing)
    const made = await this.#load(label)
    if (made?.kind !== kind) {
      throw new KeyError('unreadable-key', `the token made no ${kind} key ${label}`)
    }
    return { kind: made.kind, faults: made.faults }
  }

  /** SPKI, DER. */
  async publicKey(label: string, kind: KeyKind): Promise<Uint8Array> {
    const found = await this.#signingKey(label, kind)
    const publicKeyOf = found.kind === 'ec-p256' ? ecPublicKey : rsaPublicKey
    const key = await publicKeyOf(this.#token, label)
    return key.export({ type: 'spki', format: 'der' })
  }

  /** As `KeyProvider.sign`. */
  async sign(label: string, kind: KeyKind, message: Uint8Array): Promise<Uint8Array> {
    const found = await this.#signingKey(label, kind)
    if (found.kind === 'rsa-3072') return rsaSign(this.#token, found.key, message)
    return derOfRaw(await ecSign(this.#token, found.key, message))
  }

  async enclose(
    { label, kind, associatedData }: NamedKey & Bound,
    plaintext: Uint8Array,
  ): Promise<Uint8Array> {
    const key = await this.#wrappingKey(label, kind)
    return methodOf(key.enclosing).enclose(this.#token, key, plaintext, associatedData)
  }

  async openEnclosed(
    { label, kind, associatedData }: NamedKey & Bound,
    enclosed: Uint8Array,
  ): Promise<Uint8Array> {
    const key = await this.#wrappingKey(label, kind)
    return methodOf(key.enclosing).open(this.#token, key, enclosed, associatedData)
  }

  /**
   * Destroys the key with its public half and companion, the secret first: cut in between, what is left opens nothing, and the next try
   * removes it.
   * @throws KeyError `wrong-kind`; errors of the binding
   */
  async destroy(label: string, kind: KeyKind): Promise<void> {
    this.#known.delete(label)
    const found = await this.#load(label)
    if (found !== undefined && found.kind !== kind)
      throw wrongKind(label, `is of kind ${found.kind}`)
    this.#known.delete(label)
    const { cryptoki } = this.#token
    await this.#token.use((session) => {
      for (const each of [label, companionLabel(label)])
        for (const type of [ObjectClass.privateKey, ObjectClass.secretKey, ObjectClass.publicKey])
          for (const object of this.#find(session, each, type))
            cryptoki.C_DestroyObject(session, object)
      return Promise.resolve()
    })
  }

  async #signingKey(label: string, kind: KeyKind) {
    const found = await this.#existing(label, kind)
    if (found.kind === 'wrapping-aes-256') throw wrongKind(label, 'signs nothing')
    return found
  }

  async #wrappingKey(label: string, kind: KeyKind): Promise<WrappingKey> {
    const found = await this.#existing(label, kind)
    if (found.kind !== 'wrapping-aes-256') throw wrongKind(label, 'encloses nothing')
    return found
  }

  async #existing(label: string, kind: KeyKind): Promise<TokenKey> {
    const found = await this.#load(label)
    if (found === undefined) throw new KeyError('not-found', `the token holds no key ${label}`)
    if (found.kind !== kind) throw wrongKind(label, `is of kind ${found.kind}`)
    return found
  }

  async #load(label: string): Promise<TokenKey | undefined> {
    const known = this.#known.get(label)
    if (known !== undefined) return known
    const found = await this.#token.use((session) => Promise.resolve(this.#look(session, label)))
    if (found !== undefined) this.#known.set(label, found)
    return found
  }

  #look(session: Handle, label: string): TokenKey | undefined {
    const objects = [
      ...this.#find(session, label, ObjectClass.privateKey),
      ...this.#find(session, label, ObjectClass.secretKey),
    ]
    const [key] = objects
    if (key === undefined) return undefined
    if (objects.length > 1) {
      throw new KeyError('unreadable-key', `the token holds several keys labelled ${label}`)
    }
    return this.#read(session, key, label)
  }

  #find(session: Handle, label: string, type: number): Handle[] {
    return findObjects(this.#token.cryptoki, session, [
      { type: Attribute.class, value: type },
      { type: Attribute.label, value: Buffer.from(label) },
      { type: Attribute.token, value: true },
    ])
  }

  #read(session: Handle, key: Handle, label: string): TokenKey {
    const { cryptoki } = this.#token
    const read = (...types: number[]) => attributesOf(cryptoki, session, key, types)
    const faults = faultsOf(cryptoki, session, key)
    const type = read(Attribute.keyType).number(Attribute.keyType)
    if (type === KeyType.ec) {
      const curve = read(Attribute.ecParams).bytes(Attribute.ecParams)
      if (curve.equals(P256_PARAMETERS)) return { kind: 'ec-p256', key, faults }
    }
    if (type === KeyType.aes) {
      const specific = read(Attribute.valueLength, Attribute.decrypt)
      if (specific.number(Attribute.valueLength) === 32) {
        const enclosing = specific.is(Attribute.decrypt) ? 'aes-256-gcm' : 'aes-256-key-wrap-pad'
        return { kind: 'wrapping-aes-256', label, key, enclosing, faults }
      }
    }
    if (type === KeyType.rsa) {
      const specific = read(Attribute.decrypt, Attribute.sign, Attribute.modulus)
      if (specific.is(Attribute.decrypt)) {
        return { kind: 'wrapping-aes-256', label, key, enclosing: 'rsa-3072-oaep', faults }
      }
      const isWhole = specific.bytes(Attribute.modulus).length === RSA_BYTES
      if (specific.is(Attribute.sign) && isWhole) return { kind: 'rsa-3072', key, faults }
    }
    throw new KeyError('unreadable-key', `the token's key ${label} is of no kind that is used here`)
  }
}

const wrongKind = (label: string, why: string) =>
  new KeyError('wrong-kind', `the key ${label} ${why}`)
