import type { Block } from '../blocks.ts'
import { fromBase64, toBase64, utf8 } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import { EvidenceError } from '../errors.ts'
import { formatPem } from '../pem.ts'
import { datedGroup } from './group.ts'

/** An outside token with what it takes to verify it. */
export interface DatedToken {
  /** TimeStampToken, DER. */
  readonly token: Uint8Array
  /** The signer's certificate, then its issuers up to their root; DER. */
  readonly certificates: readonly Uint8Array[]
  /** Revocation lists of the time; DER. */
  readonly lists: readonly Uint8Array[]
}

/** What a bundle holds so that its traces are dated from outside: formats.md section 19. */
export interface Dating {
  /** The checkpoint's file as it was stamped. */
  readonly checkpoint: Uint8Array
  /** Bytes of the seal that was stamped with it. */
  readonly seal: Uint8Array
  /** RFC 9162 proof between the smaller and the larger of the bundle's checkpoint and this one. */
  readonly consistency: readonly Uint8Array[]
  readonly tokens: readonly DatedToken[]
}

/** The most tokens that a bundle carries over one checkpoint: settings name at most ten authorities. */
export const maximumDatedTokens = 10

export const datingEntry = {
  checkpoint: 'blocks/dated-checkpoint',
  seal: 'blocks/dated-seal',
  group: 'blocks/dated-group',
  consistency: 'blocks/dated-consistency',
  token: (n: number) => `blocks/dated-token-${n}`,
  certificates: (n: number) => `blocks/dated-certificates-${n}`,
  lists: (n: number) => `blocks/dated-lists-${n}`,
} as const

const type = 'dating'

/** Whether a block of a manifest names a part of a dating. */
export function isDatingBlock(block: Block): boolean {
  return block.type === type && block.version === 1
}

/** The entries of a dating, and the blocks of the manifest that name them: not critical, so that older verifiers judge the rest. */
export function datingEntries(
  hashing: Hashing,
  { checkpoint, seal, consistency, tokens }: Dating,
): { readonly blocks: readonly Block[]; readonly contents: ReadonlyMap<string, Uint8Array> } {
  const contents = new Map([
    [datingEntry.checkpoint, checkpoint],
    [datingEntry.seal, seal],
    [datingEntry.group, datedGroup(hashing, checkpoint, seal).bytes],
    ...(consistency.length === 0
      ? []
      : [[datingEntry.consistency, formatConsistency(consistency)] as const]),
    ...tokens.flatMap(({ token, certificates, lists }, at) => [
      [datingEntry.token(at + 1), token] as const,
      [datingEntry.certificates(at + 1), pem(certificates, 'CERTIFICATE')] as const,
      ...(lists.length === 0 ? [] : [[datingEntry.lists(at + 1), pem(lists, 'X509 CRL')] as const]),
    ]),
  ])
  return {
    blocks: [...contents.keys()].map((entry) => ({
      type,
      version: 1,
      critical: false,
      content: { entry },
    })),
    contents,
  }
}

function pem(list: readonly Uint8Array[], label: 'CERTIFICATE' | 'X509 CRL'): Uint8Array {
  return utf8(list.map((der) => formatPem(der, label)).join(''))
}

function formatConsistency(hashes: readonly Uint8Array[]): Uint8Array {
  return utf8(hashes.map((each) => `${toBase64(each)}\n`).join(''))
}

/** One base64 hash a line. EvidenceError `malformed-proof`. */
export function parseConsistency(text: string): Uint8Array[] {
  const lines = text.split('\n')
  const hashes = lines.slice(0, -1).map(fromBase64)
  if (lines.at(-1) === '' && hashes.length > 0 && hashes.length <= 128) return hashes
  throw new EvidenceError('malformed-proof', 'a consistency proof is one hash a line')
}
