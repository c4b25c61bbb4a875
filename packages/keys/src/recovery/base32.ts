import { secretBytes } from '../secret-bytes.ts'

/** RFC 4648 section 6: no 0, 1, 8 or 9, which are taken for letters when they are copied by hand. */
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 'ascii')

/** Base32 without padding, of a multiple of five bytes, as ASCII. */
export function toBase32(bytes: Uint8Array): Buffer {
  const text = secretBytes((bytes.length * 8) / 5)
  let at = 0
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text[at++] = ALPHABET[(held >> (bits - 5)) & 31] ?? 0
    held &= 31
  }
  return text
}

/** The bytes of a multiple of eight ASCII characters; undefined where one isn't of the alphabet. */
export function fromBase32(text: Uint8Array): Buffer | undefined {
  const bytes = secretBytes((text.length * 5) / 8)
  let at = 0
  let held = 0
  let bits = 0
  for (const character of text) {
    const value = ALPHABET.indexOf(character)
    if (value < 0) return undefined
    held = ((held & 255) << 5) | value
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = held >> bits
  }
  return bytes
}
