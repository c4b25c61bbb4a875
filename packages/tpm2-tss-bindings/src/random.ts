import type { Use } from './use.ts'

/** What one command may give at least: the size of the largest digest that every TPM has. */
const AT_ONCE = 32

/** `count` bytes from the TPM's own generator (TPM2_GetRandom). @throws Tpm2Error */
export async function randomBytes(use: Use, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count)
  let filled = 0
  while (filled < count) {
    const answer = await use.send('GetRandom', [], [Math.min(AT_ONCE, count - filled)])
    const part = answer.content(0)
    bytes.set(part, filled)
    filled += part.length
  }
  return bytes
}
