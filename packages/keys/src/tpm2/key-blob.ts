import { fromBase64, fromUtf8, toBase64 } from '@probant/evidence'
import { attributes, nameOf, readPublicArea, type KeyBlob } from '@probant/tpm2-tss-bindings'
import { KeyError } from '../errors.ts'
import type { KeyKind } from '../provider.ts'

export type Tpm2Kind = Extract<KeyKind, 'ec-p256' | 'wrapping-aes-256'>
export const tpm2Kinds: readonly Tpm2Kind[] = ['ec-p256', 'wrapping-aes-256']

/** A key as the folder holds it: without its TPM it is of no use. */
export interface StoredKey {
  readonly kind: Tpm2Kind
  readonly blob: KeyBlob
  /** True when only an approved state may use it. */
  readonly underPolicy: boolean
}

const algorithms: Readonly<Record<Tpm2Kind, string>> = {
  'ec-p256': 'ECDSA P-256 with SHA-256',
  'wrapping-aes-256': 'AES-256-GCM, sealed',
}

/** The key's file: JSON with the algorithm's name; TPMT_PUBLIC and the content of TPM2B_PRIVATE in base64. */
export function formatKey(label: string, kind: Tpm2Kind, blob: KeyBlob): string {
  const file = {
    format: 1,
    label,
    kind,
    algorithm: algorithms[kind],
    encoding: 'tpm2',
    public: toBase64(blob.publicArea),
    private: toBase64(blob.privatePart),
  }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

/** @throws KeyError `unreadable-key` when the file isn't one that `formatKey` wrote for it, or holds a key that could leave the TPM */
export function parseKey(label: string, bytes: Uint8Array): StoredKey {
  try {
    return read(label, JSON.parse(fromUtf8(bytes)))
  } catch (cause) {
    if (cause instanceof KeyError) throw cause
    throw new KeyError('unreadable-key', `the file of key ${label} is damaged`, { cause })
  }
}

const STAYS = attributes.fixedTpm | attributes.fixedParent
const MADE_INSIDE = STAYS | attributes.sensitiveDataOrigin

function read(label: string, file: unknown): StoredKey {
  const kind = tpm2Kinds.find((known) => known === member(file, 'kind'))
  const [publicText, privateText] = [member(file, 'public'), member(file, 'private')]
  const fits =
    kind !== undefined &&
    typeof publicText === 'string' &&
    typeof privateText === 'string' &&
    member(file, 'format') === 1 &&
    member(file, 'label') === label &&
    member(file, 'encoding') === 'tpm2'
  if (!fits) throw new KeyError('unreadable-key', `the file of key ${label} isn't of format 1`)
  const blob = { publicArea: fromBase64(publicText), privatePart: fromBase64(privateText) }
  const area = readPublicArea(blob.publicArea)
  // refused here already when the name is by an unknown hash
  nameOf(blob.publicArea)
  const needed = kind === 'ec-p256' ? MADE_INSIDE : STAYS
  if ((area.attributes & needed) !== needed) {
    throw new KeyError('unreadable-key', `the key ${label} isn't one that stays in its TPM`)
  }
  return { kind, blob, underPolicy: area.authPolicy.length > 0 }
}

/** One member of a parsed JSON object. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}
