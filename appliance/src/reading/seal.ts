import { parseLat, sealBlocks } from '@probant/evidence'
import type { SealNames } from '../seal-certificate/names.ts'
import type { Seals } from '../seal-certificate/seals.ts'

/** Whose seal an archive proof carries beside the box's signature; null where there is none. Nothing is verified: evidence bundles are for that. */
export function sealOf(seals: Seals, lat: Uint8Array): SealNames | null {
  const [block] = sealBlocks(parseLat(lat).blocks ?? [])
  return block === undefined ? null : seals.namesIn(block.cms)
}
