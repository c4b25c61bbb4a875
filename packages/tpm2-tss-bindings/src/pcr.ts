import { Tpm2Error } from './errors.ts'
import type { Use } from './use.ts'
import { hashBytes, hashes, type HashName } from './wire/algorithms.ts'
import { readSelections, selectionOf, type PcrSelection } from './wire/pcr-selection.ts'
import { malformed, Reader } from './wire/reader.ts'
import { joined, u16, u32 } from './wire/writer.ts'

/** PCRs that one answer holds at most. */
const AT_ONCE = 8

/** The values, in the order of the indices (TPM2_PCR_Read). @throws Tpm2Error `bad-value` where the TPM has no such bank */
export async function readPcrs(use: Use, { bank, indices }: PcrSelection): Promise<Uint8Array[]> {
  const values: Uint8Array[] = []
  for (let from = 0; from < indices.length; from += AT_ONCE) {
    const part = indices.slice(from, from + AT_ONCE)
    const answer = await use.send('PCR_Read', [], [selectionOf({ bank, indices: part })])
    const [given] = readSelections(new Reader(answer.bytes(1)))
    if (given?.indices.length !== part.length) {
      throw new Tpm2Error('bad-value', `This TPM has no PCR bank ${bank}.`)
    }
    const reader = new Reader(answer.bytes(2))
    if (reader.u32() !== part.length) throw malformed('PCR values are missing')
    values.push(...part.map(() => reader.sized()))
  }
  return values
}

/** Extends a PCR by a digest made outside (TPM2_PCR_Extend): new value = hash(old ‖ digest). @throws Tpm2Error */
export async function extendPcr(
  use: Use,
  index: number,
  bank: HashName,
  digest: Uint8Array,
): Promise<void> {
  if (digest.length !== hashBytes[bank]) {
    throw new Tpm2Error('bad-value', `A digest of ${bank} has ${hashBytes[bank]} bytes.`)
  }
  // PCR 0 … 31 are the ESAPI's handles of the same numbers
  await use.send('PCR_Extend', [{ esys: index }], [joined(u32(1), u16(hashes[bank]), digest)])
}
