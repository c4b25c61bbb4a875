import { hkdfSync } from 'node:crypto'
import { formatShare, parseShare, type Share } from '@probant/keys'
import { combine } from 'shamir-secret-sharing'
import { piecesOf, textOf, type Pattern } from '../../../host/test/process-memory.ts'

/** What a ceremony's shares are and lead to, computed apart from the code that is tried. */
export interface PrivateHalf {
  readonly seed: Uint8Array
  readonly x25519: Uint8Array
  readonly mlKem: Uint8Array
}

export async function privateHalfOf(shares: readonly Share[]): Promise<PrivateHalf> {
  const seed = await combine(shares.map(({ value }) => value))
  const expand = (name: string, bytes: number) =>
    new Uint8Array(
      hkdfSync('sha256', seed, new Uint8Array(0), `probant/recovery-key/v1/${name}`, bytes),
    )
  return { seed, x25519: expand('x25519', 32), mlKem: expand('ml-kem-768', 64) }
}

/** A share as bytes, and each line of its text that isn't known to everybody. */
export function sharePatterns(texts: readonly string[]): Pattern[] {
  return texts.flatMap((text) => {
    const share = parseShare(text)
    const name = `share ${share.number}`
    const [, , ...lines] = formatShare(share).toString().split('\n')
    return [...piecesOf(name, share.value), ...lines.flatMap((line) => textOf(name, line))]
  })
}
