import type { Block } from '../blocks.ts'
import { utf8 } from '../bytes.ts'
import { formatPem } from '../pem.ts'

/** The evidence record of an outside token that was renewed: formats.md section 20. */
export interface TokenRenewal {
  /** EvidenceRecord, DER: its first time-stamp is the token. */
  readonly record: Uint8Array
  /** Of the authorities of the later time-stamps: DER, in any order. */
  readonly certificates: readonly Uint8Array[]
  /** Revocation lists of theirs; DER. */
  readonly lists: readonly Uint8Array[]
}

export const renewalEntry = {
  record: (n: number) => `blocks/renewal-${n}`,
  certificates: (n: number) => `blocks/renewal-certificates-${n}`,
  lists: (n: number) => `blocks/renewal-lists-${n}`,
} as const

const type = 'renewal'

/** The blocks of a manifest that name parts of renewals. */
export function renewalBlocks(blocks: readonly Block[]): Block[] {
  return blocks.filter((block) => block.type === type && block.version === 1)
}

/** The entries of the renewal of the n-th token, n from 1, by name. */
export function renewalContents(
  n: number,
  { record, certificates, lists }: TokenRenewal,
): (readonly [string, Uint8Array])[] {
  return [
    [renewalEntry.record(n), record],
    ...(certificates.length === 0
      ? []
      : [[renewalEntry.certificates(n), pem(certificates, 'CERTIFICATE')] as const]),
    ...(lists.length === 0 ? [] : [[renewalEntry.lists(n), pem(lists, 'X509 CRL')] as const]),
  ]
}

/** Blocks that name these entries: not critical, so that older verifiers judge the rest. */
export function blocksFor(type: string, entries: Iterable<string>): Block[] {
  return [...entries].map((entry) => ({ type, version: 1, critical: false, content: { entry } }))
}

/** PEM of several values, one after the other. */
export function pem(list: readonly Uint8Array[], label: 'CERTIFICATE' | 'X509 CRL'): Uint8Array {
  return utf8(list.map((der) => formatPem(der, label)).join(''))
}
