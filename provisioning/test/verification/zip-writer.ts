import { crc32, deflateRawSync } from 'node:zlib'

/** An entry of a zip that a test writes, honest or not. */
export interface ZipEntry {
  readonly name: string
  readonly bytes: Uint8Array
  readonly deflate?: boolean
  /** Stated in place of the true size. */
  readonly statedSize?: number
  /** 8 deflated, 0 stored; others nobody can unpack. */
  readonly method?: number
  readonly encrypted?: boolean
  /** Put in place of the packed bytes. */
  readonly packed?: Uint8Array
}

/** A zip file (PKWARE APPNOTE 4.3), as plain as it can be. */
export function writeZip(entries: readonly ZipEntry[]): Buffer {
  const local: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const name = Buffer.from(entry.name)
    const packed = Buffer.from(
      entry.packed ?? (entry.deflate ? deflateRawSync(entry.bytes) : entry.bytes),
    )
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x800 | (entry.encrypted ? 1 : 0), 2)
    common.writeUInt16LE(entry.method ?? (entry.deflate ? 8 : 0), 4)
    common.writeUInt16LE(33, 8) // 1980-01-01
    common.writeUInt32LE(crc32(entry.bytes), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(entry.statedSize ?? entry.bytes.length, 18)
    common.writeUInt16LE(name.length, 22)
    const header = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, name]))
    local.push(header)
    offset += header.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...local, directory, Buffer.from('PK\x05\x06'), end])
}
