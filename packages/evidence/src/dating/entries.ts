import type { Block } from '../blocks.ts'
import { fromBase64, toBase64, utf8 } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import { EvidenceError } from '../errors.ts'
import { datedGroup } from './group.ts'
import { blocksFor, pem, renewalContents, type TokenRenewal } from './renewal-entries.ts'

/** An outside token with what it takes to verify it. */
export interface DatedToken {
  /** TimeStampToken, DER. */
  readonly token: Uint8Array
  /** The signer's certificate, then its issuers up to their root; DER. */
  readonly certificates: readonly Uint8Array[]
  /** Revocation lists of the time; DER. */
  readonly lists: readonly Uint8Array[]
  /** Where it was renewed since. */
  readonly renewal?: TokenRenewal | undefined
}

/** What a bundle holds so that its traces are dated from outside: formats.md section 19. */
export interface Dating {
  /** The checkpoint's file as it was stamped. */
  readonly checkpoint: Uint8Array
  /** Bytes of the seal that was stamped with it. */
  readonly seal: Uint8Array
  /** RFC 9162 proof between the smaller and the larger of the bundle's checkpoint and this one. */
  readonly consistency: readonly Uint8Array[]
  /** RFC 9162 inclusion path, with SHA3-256, of the deposit's trace under the seal's `sha3Root`; where the deposit is below its size. */
  readonly sha3Path?: readonly Uint8Array[] | undefined
  readonly tokens: readonly DatedToken[]
}

/** The most tokens that a bundle carries over one checkpoint: settings name at most ten authorities. */
export const maximumDatedTokens = 10

export const datingEntry = {
  checkpoint: 'blocks/dated-checkpoint',
  seal: 'blocks/dated-seal',
  group: 'blocks/dated-group',
  consistency: 'blocks/dated-consistency',
  sha3Path: 'blocks/dated-sha3-path',
  token: (n: number) => `blocks/dated-token-${n}`,
  certificates: (n: number) => `blocks/dated-certificates-${n}`,
  lists: (n: number) => `blocks/dated-lists-${n}`,
} as const

/** Whether a block of a manifest names a part of a dating. */
export function isDatingBlock(block: Block): boolean {
  return block.type === 'dating' && block.version === 1
}

/** The entries of a dating, and the blocks of the manifest that name them: not critical, so that older verifiers judge the rest. */
export function datingEntries(
  hashing: Hashing,
  { checkpoint, seal, consistency, sha3Path = [], tokens }: Dating,
): { readonly blocks: readonly Block[]; readonly contents: ReadonlyMap<string, Uint8Array> } {
  const dated = new Map([
    [datingEntry.checkpoint, checkpoint],
    [datingEntry.seal, seal],
    [datingEntry.group, datedGroup(hashing, checkpoint, seal).bytes],
    ...hashesEntry(datingEntry.consistency, consistency),
    ...hashesEntry(datingEntry.sha3Path, sha3Path),
    ...tokens.flatMap(({ token, certificates, lists }, at) => [
      [datingEntry.token(at + 1), token] as const,
      [datingEntry.certificates(at + 1), pem(certificates, 'CERTIFICATE')] as const,
      ...(lists.length === 0 ? [] : [[datingEntry.lists(at + 1), pem(lists, 'X509 CRL')] as const]),
    ]),
  ])
  const renewals = new Map(
    tokens.flatMap(({ renewal }, at) => (renewal ? renewalContents(at + 1, renewal) : [])),
  )
  return {
    blocks: [...blocksFor('dating', dated.keys()), ...blocksFor('renewal', renewals.keys())],
    contents: new Map([...dated, ...renewals]),
  }
}

/** Hashes, one base64 a line; no entry where there are none. */
function hashesEntry(
  name: string,
  hashes: readonly Uint8Array[],
): (readonly [string, Uint8Array])[] {
  if (hashes.length === 0) return []
  return [[name, utf8(hashes.map((each) => `${toBase64(each)}\n`).join(''))]]
}

/** The hashes of a proof, one base64 a line. EvidenceError `malformed-proof`. */
export function parseHashes(text: string): Uint8Array[] {
  const lines = text.split('\n')
  const hashes = lines.slice(0, -1).map(fromBase64)
  if (lines.at(-1) === '' && hashes.length > 0 && hashes.length <= 128) return hashes
  throw new EvidenceError('malformed-proof', 'a proof is one hash a line')
}
