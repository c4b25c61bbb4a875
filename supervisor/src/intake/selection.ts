import { concat, u32be, type Hashing } from '@probant/evidence'

/**
 * Which of `count` stored segments a nonce selects: all when there are at most `most`, else `most` different ones, drawn by
 * SHA-256(nonce ‖ u32 draw). Anyone who has the nonce can repeat the draw.
 * @returns ordinals, ascending
 */
export function selectOrdinals(
  hashing: Hashing,
  nonce: Uint8Array,
  count: number,
  most: number,
): number[] {
  if (count <= most) return Array.from({ length: count }, (_, ordinal) => ordinal)
  const selected = new Set<number>()
  for (let draw = 0; selected.size < most; draw++) {
    const digest = hashing.hash('sha256', concat(nonce, u32be(draw)))
    // 48 bits over at most 2^31 segments: no draw is favoured by more than 2^-17
    const drawn = Number(`0x${Buffer.from(digest.subarray(0, 6)).toString('hex')}`)
    selected.add(drawn % count)
  }
  return [...selected].sort((a, b) => a - b)
}
