import { createPrivateKey, generateKeyPair, KeyObject, type PrivateKeyInput } from 'node:crypto'
import { promisify } from 'node:util'
import { fromBase64, fromUtf8, toBase64 } from '@probant/evidence'
import type { Randomness } from '@probant/host'
import { KeyError } from '../errors.ts'
import type { KeyKind, SigningKind } from '../provider.ts'

const generatePair = promisify(generateKeyPair)
const RSA_BITS = 3072

/** The secret behind a label. */
export type Secret =
  | { readonly kind: SigningKind; readonly privateKey: KeyObject }
  | { readonly kind: 'wrapping-aes-256'; readonly key: Uint8Array }

/** What each kind is called in its file, so that a reader needs no other source. */
const algorithms: Readonly<Record<KeyKind, string>> = {
  'ec-p256': 'ECDSA P-256 with SHA-256',
  'rsa-3072': 'RSASSA-PKCS1-v1_5 with SHA-256, 3,072 bits',
  ed25519: 'Ed25519',
  'ml-dsa-44': 'ML-DSA-44',
  'wrapping-aes-256': 'AES-256-GCM',
}

export const softwareKinds: readonly KeyKind[] = [
  'ec-p256',
  'rsa-3072',
  'ed25519',
  'ml-dsa-44',
  'wrapping-aes-256',
]

/** A fresh secret. @throws KeyError `not-available` where this machine's OpenSSL lacks the algorithm */
export async function newSecret(kind: KeyKind, randomness: Randomness): Promise<Secret> {
  if (kind === 'wrapping-aes-256') return { kind, key: randomness.bytes(32) }
  try {
    return { kind, privateKey: await newPrivateKey(kind) }
  } catch (cause) {
    throw new KeyError('not-available', `this machine's OpenSSL makes no ${kind} keys`, { cause })
  }
}

async function newPrivateKey(kind: SigningKind): Promise<KeyObject> {
  switch (kind) {
    case 'ec-p256':
      return (await generatePair('ec', { namedCurve: 'P-256' })).privateKey
    case 'rsa-3072':
      return (await generatePair('rsa', { modulusLength: RSA_BITS })).privateKey
    case 'ed25519':
      return (await generatePair('ed25519')).privateKey
    case 'ml-dsa-44':
      return (await generatePair('ml-dsa-44')).privateKey
  }
}

/** The key file: JSON with the algorithm's name; signing keys as PKCS#8, wrapping keys raw, both base64. */
export function formatSecret(label: string, secret: Secret): string {
  const raw = secret.kind === 'wrapping-aes-256'
  const bytes = raw ? secret.key : secret.privateKey.export({ type: 'pkcs8', format: 'der' })
  const file = {
    format: 1,
    label,
    kind: secret.kind,
    algorithm: algorithms[secret.kind],
    encoding: raw ? 'raw' : 'pkcs8',
    key: toBase64(bytes),
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

/** @throws KeyError `unreadable-key`, naming the label, when the file isn't one that `formatSecret` wrote for it */
export function parseSecret(label: string, bytes: Uint8Array): Secret {
  try {
    return read(label, JSON.parse(fromUtf8(bytes)))
  } catch (cause) {
    if (cause instanceof KeyError) throw cause
    throw new KeyError('unreadable-key', `the file of key ${label} is damaged`, { cause })
  }
}

function read(label: string, file: unknown): Secret {
  const kind = softwareKinds.find((known) => known === member(file, 'kind'))
  const key = member(file, 'key')
  const fits =
    kind !== undefined &&
    typeof key === 'string' &&
    member(file, 'format') === 1 &&
    member(file, 'label') === label &&
    member(file, 'algorithm') === algorithms[kind] &&
    member(file, 'encoding') === (kind === 'wrapping-aes-256' ? 'raw' : 'pkcs8')
  if (!fits) throw new KeyError('unreadable-key', `the file of key ${label} isn't of format 1`)
  return secretOf(label, kind, fromBase64(key))
}

function secretOf(label: string, kind: KeyKind, bytes: Uint8Array): Secret {
  if (kind === 'wrapping-aes-256') {
    if (bytes.length === 32) return { kind, key: bytes }
    throw new KeyError('unreadable-key', `the key ${label} hasn't 32 bytes`)
  }
  const input: PrivateKeyInput = { key: Buffer.from(bytes), format: 'der', type: 'pkcs8' }
  const privateKey = createPrivateKey(input)
  if (!isOfKind(privateKey, kind)) {
    throw new KeyError('unreadable-key', `the key ${label} isn't the ${kind} that its file says`)
  }
  return { kind, privateKey }
}

function isOfKind(key: KeyObject, kind: SigningKind): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (kind === 'ec-p256') return details?.namedCurve === 'prime256v1'
  if (kind === 'rsa-3072') return type === 'rsa' && details?.modulusLength === RSA_BITS
  return type === kind
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}
