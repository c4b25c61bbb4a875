import { createRequire } from 'node:module'
import { KeyError } from '../errors.ts'

/** Slots, sessions and objects are named by bytes that only the binding reads. */
export type Handle = Buffer

export interface AttributeValue {
  readonly type: number
  readonly value?: Buffer | number | boolean
}

export interface MechanismChoice {
  readonly mechanism: number
  readonly parameter?: Readonly<Record<string, unknown>>
}

export interface TokenInfo {
  readonly label: string
  readonly serialNumber: string
  readonly manufacturerID: string
  readonly model: string
  readonly flags: number
}

export interface MechanismInfo {
  readonly flags: number
  /** Bits of RSA keys. */
  readonly maxKeySize: number
}

/** What is used of the binding `pkcs11js`, which is optional: its own types are there only where it could be built. */
export interface Cryptoki {
  load(path: string): void
  C_Initialize(options: { flags: number }): void
  C_Finalize(): void
  C_GetSlotList(tokenPresent: boolean): Handle[]
  C_GetSlotInfo(slot: Handle): { readonly flags: number }
  C_GetTokenInfo(slot: Handle): TokenInfo
  C_GetMechanismList(slot: Handle): number[]
  C_GetMechanismInfo(slot: Handle, mechanism: number): MechanismInfo
  C_OpenSession(slot: Handle, flags: number): Handle
  C_Login(session: Handle, user: number, pin: string): void
  C_FindObjectsInit(session: Handle, template: readonly AttributeValue[]): void
  C_FindObjects(session: Handle, most: number): Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GetAttributeValue(
    session: Handle,
    object: Handle,
    template: readonly AttributeValue[],
  ): { readonly type: number; readonly value: Buffer }[]
  C_CreateObject(session: Handle, template: readonly AttributeValue[]): Handle
  C_DestroyObject(session: Handle, object: Handle): void
  C_GenerateRandom(session: Handle, target: Buffer): Buffer
  C_GenerateKeyAsync(
    session: Handle,
    mechanism: MechanismChoice,
    template: readonly AttributeValue[],
  ): Promise<Handle>
  C_GenerateKeyPairAsync(
    session: Handle,
    mechanism: MechanismChoice,
    publicTemplate: readonly AttributeValue[],
    privateTemplate: readonly AttributeValue[],
  ): Promise<{ readonly publicKey: Handle; readonly privateKey: Handle }>
  C_SignInit(session: Handle, mechanism: MechanismChoice, key: Handle): void
  C_SignAsync(session: Handle, data: Buffer, target: Buffer): Promise<Buffer>
  C_EncryptInit(session: Handle, mechanism: MechanismChoice, key: Handle): void
  C_EncryptAsync(session: Handle, data: Buffer, target: Buffer): Promise<Buffer>
  C_DecryptInit(session: Handle, mechanism: MechanismChoice, key: Handle): void
  C_DecryptAsync(session: Handle, data: Buffer, target: Buffer): Promise<Buffer>
  C_WrapKeyAsync(
    session: Handle,
    mechanism: MechanismChoice,
    wrappingKey: Handle,
    key: Handle,
    target: Buffer,
  ): Promise<Buffer>
  C_UnwrapKeyAsync(
    session: Handle,
    mechanism: MechanismChoice,
    unwrappingKey: Handle,
    wrapped: Buffer,
    template: readonly AttributeValue[],
  ): Promise<Handle>
}

const require = createRequire(import.meta.url)

/**
 * The binding with the maker's module loaded.
 * @throws KeyError `not-available` when the binding was not built or the module can't be loaded
 */
export function loadCryptoki(module: string): Cryptoki {
  let binding: unknown
  try {
    binding = require('pkcs11js')
  } catch (cause) {
    throw new KeyError(
      'not-available',
      'The PKCS#11 key provider needs the npm package pkcs11js, which could not be built when this was installed: ' +
        'install the Debian packages g++, make and python3, then run npm ci again.',
      { cause },
    )
  }
  const cryptoki = isBinding(binding) ? new binding.PKCS11() : undefined
  if (cryptoki === undefined) {
    throw new KeyError('not-available', 'The npm package pkcs11js is not the one that is expected.')
  }
  try {
    cryptoki.load(module)
  } catch (cause) {
    throw new KeyError(
      'not-available',
      `The PKCS#11 module ${module} can't be loaded: install the package of the device's maker ` +
        '(SoftHSM: the Debian package softhsm2), or correct the path.',
      { cause },
    )
  }
  return cryptoki
}

function isBinding(value: unknown): value is { PKCS11: new () => Cryptoki } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'PKCS11' in value &&
    typeof value.PKCS11 === 'function'
  )
}

/** The device's answer (CKR_…) behind an error of the binding; undefined when it came from elsewhere. */
export function answerOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || error.name !== 'Pkcs11Error' || !('code' in error)) {
    return undefined
  }
  return typeof error.code === 'number' ? error.code : undefined
}
