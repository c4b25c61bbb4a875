import type { Block } from './blocks.ts'
import { fromBase64, toBase64, utf8 } from './bytes.ts'
import { parseDetachedSignature } from './cms/detached-signature.ts'
import { formatPem } from './pem.ts'

/** A block `cms-signature` of a LAT, read (formats.md section 2). */
export interface SealBlock {
  readonly critical: boolean
  /** DER of the detached CMS signature. */
  readonly cms: Uint8Array
}

const type = 'cms-signature'

/** The block that carries a seal: not critical, so that a verifier without its authority still judges the rest. */
export function sealBlock(cms: Uint8Array): Block {
  return { type, version: 1, critical: false, content: { cms: toBase64(cms) } }
}

/** The seals among the blocks of a LAT. */
export function sealBlocks(blocks: readonly Block[]): SealBlock[] {
  return blocks.flatMap(({ type: found, version, critical, content }) => {
    const { cms } = content
    return found === type && version === 1 && typeof cms === 'string'
      ? [{ critical, cms: fromBase64(cms) }]
      : []
  })
}

/** Entries of a bundle that repeat the seal for people with openssl, and the blocks of the manifest that name them. */
const copies = {
  'seal-certificates': 'blocks/seal-certificates',
  'seal-signature': 'blocks/seal-signature',
} as const

/** What a bundle holds of the first seal beside the LAT: its CMS, and the certificates in that as PEM. */
export function sealCopies(latBlocks: readonly Block[]): {
  readonly blocks: readonly Block[]
  readonly contents: ReadonlyMap<string, Uint8Array>
} {
  const [seal] = sealBlocks(latBlocks)
  if (seal === undefined) return { blocks: [], contents: new Map() }
  const { certificates } = parseDetachedSignature(seal.cms)
  const pem = certificates.map(({ der }) => formatPem(der, 'CERTIFICATE')).join('')
  return {
    blocks: Object.entries(copies).map(([name, entry]) => ({
      type: name,
      version: 1,
      critical: false,
      content: { entry },
    })),
    contents: new Map([
      [copies['seal-certificates'], utf8(pem)],
      [copies['seal-signature'], seal.cms],
    ]),
  }
}

/** The entry that a manifest says is the seal's CMS; undefined where it names none. */
export function sealCopyEntry(manifestBlocks: readonly Block[]): string | undefined {
  const entry = manifestBlocks.find((block) => block.type === 'seal-signature')?.content['entry']
  return typeof entry === 'string' ? entry : undefined
}
