/** Numbers as the TPM writes them: big-endian (TPM 2.0 Library, part 1, section 11.2.3). */
export function u8(value: number): Uint8Array {
  return Uint8Array.of(value)
}

export function u16(value: number): Uint8Array {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function u64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}

/** A TPM2B: the length in two bytes, then the bytes. No other copy of them is made. */
export function sized(...parts: readonly Uint8Array[]): Uint8Array {
  return joined(u16(parts.reduce((sum, { length }) => sum + length, 0)), ...parts)
}

/** A TPM2B with nothing in it. */
export const EMPTY = sized()
