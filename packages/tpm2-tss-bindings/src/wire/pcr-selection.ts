import { Tpm2Error } from '../errors.ts'
import { hashes, hashName, type HashName } from './algorithms.ts'
import { malformed, Reader } from './reader.ts'
import { joined, u16, u32, u8 } from './writer.ts'

/** Platform configuration registers of one bank. */
export interface PcrSelection {
  readonly bank: HashName
  /** 0 … 23, in rising order. */
  readonly indices: readonly number[]
}

const INDICES = 24

/** TPML_PCR_SELECTION (part 2, section 10.9.7). @throws Tpm2Error `bad-value` when an index is unknown, repeated or out of order */
export function selectionOf({ bank, indices }: PcrSelection): Uint8Array {
  const bits = new Uint8Array(INDICES / 8)
  let previous = -1
  for (const index of indices) {
    if (!Number.isInteger(index) || index <= previous || index >= INDICES) {
      throw new Tpm2Error('bad-value', `PCR indices are 0 to ${INDICES - 1}, in rising order.`)
    }
    previous = index
    const at = index >> 3
    bits[at] = (bits[at] ?? 0) | (1 << (index & 7))
  }
  return joined(u32(1), u16(hashes[bank]), u8(bits.length), bits)
}

/** The selections of a TPML_PCR_SELECTION. @throws Tpm2Error `malformed` for a bank this package doesn't know */
export function readSelections(reader: Reader): PcrSelection[] {
  return Array.from({ length: reader.u32() }, () => {
    const bank = hashName(reader.u16())
    if (bank === undefined) throw malformed('it names an unknown PCR bank')
    const bits = reader.take(reader.u8())
    const indices = Array.from({ length: bits.length * 8 }, (_, index) => index)
    const isSet = (index: number) => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0
    return { bank, indices: indices.filter(isSet) }
  })
}
