import { Failure } from './failure.ts'
import type { Shape, Shaped } from './shape.ts'
import { flag, list, number, oneOf, record, text } from './shape.ts'

/** Passkeys as the browser speaks them (Web Authentication level 3, sections 5.1.8 to 5.1.10), cut down to what is asked and read. */

const kind = oneOf('public-key')

/** What the service answers to who wants to sign in with a passkey. */
export const requestOptions = record({
  challenge: text,
  rpId: text,
  userVerification: oneOf('required'),
})

/** What the service answers to who wants to make one. */
export const creationOptions = record({
  rp: record({ name: text, id: text }),
  user: record({ id: text, name: text, displayName: text }),
  challenge: text,
  pubKeyCredParams: list(record({ alg: number, type: kind })),
  excludeCredentials: list(record({ id: text, type: kind })),
  authenticatorSelection: record({
    residentKey: oneOf('required'),
    userVerification: oneOf('required'),
    requireResidentKey: flag,
  }),
  attestation: oneOf('none'),
})

const assertion = record({
  id: text,
  response: record({ clientDataJSON: text, authenticatorData: text, signature: text }),
})
const registration = record({
  id: text,
  response: record({ clientDataJSON: text, attestationObject: text, transports: list(text) }),
})

/** Whether this browser and page can have any: a secure context, and methods of 2024. */
export const knowsPasskeys = (): boolean =>
  window.isSecureContext &&
  typeof PublicKeyCredential === 'function' &&
  'parseCreationOptionsFromJSON' in PublicKeyCredential

/** Asks for a passkey that is there. @throws Failure `cancelled` when whoever sits there gave up or has none */
export async function usePasskey(options: Shaped<typeof requestOptions>) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options)
  const { id, response } = await answered(navigator.credentials.get({ publicKey }), assertion)
  return { id, ...response }
}

/** Makes a new one. @throws Failure `cancelled` */
export async function makePasskey(options: Shaped<typeof creationOptions>) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
  const { id, response } = await answered(navigator.credentials.create({ publicKey }), registration)
  return { id, ...response }
}

async function answered<T>(asking: Promise<Credential | null>, shape: Shape<T>): Promise<T> {
  const credential = await asking.catch((error: unknown) => {
    throw new Failure('cancelled', 0, {}, error)
  })
  if (credential instanceof PublicKeyCredential) return shape(credential.toJSON(), '')
  throw new Failure('cancelled')
}
