import { createCipheriv, hash, hkdfSync, webcrypto } from 'node:crypto'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import {
  CHUNK_BYTES,
  decryptRange,
  decryptStream,
  EncryptedFileError,
  encryptStream,
  FileDecryptor,
  FileEncryptor,
  newPayloadKey,
  HEADER_BYTES,
  KeyError,
  storedBytes,
} from '@probant/keys'

const dataKey = Buffer.alloc(32, 1)
const salt = Buffer.alloc(32, 2)
const STORED = CHUNK_BYTES + 16

/** Bytes that differ from chunk to chunk, so that none passes for another. */
function plaintextOf(size: number): Buffer {
  const block = hash('sha512', `seed ${size}`, 'buffer')
  const bytes = Buffer.alloc(size, block)
  for (let at = 0; at + 4 <= size; at += 4096) bytes.writeUInt32BE(at, at)
  return bytes
}

function encrypted(plaintext: Uint8Array, key = dataKey): Buffer {
  const encryptor = new FileEncryptor(newPayloadKey(key, salt))
  return Buffer.concat([encryptor.header, encryptor.update(plaintext), encryptor.final()])
}

function decrypted(stored: Uint8Array, key: Uint8Array = dataKey): Buffer {
  const decryptor = new FileDecryptor(key)
  return Buffer.concat([decryptor.update(stored), decryptor.final()])
}

function failsWith(t: Test, code: string, stored: Uint8Array, what: string): void {
  try {
    decrypted(stored)
    t.fail(`${what} passes`)
  } catch (error) {
    t.equal(error instanceof EncryptedFileError ? error.code : String(error), code, what)
  }
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const parts: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    parts.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...parts, bytes.subarray(at)]
}

async function collected(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

const edges = [0, 1, 15, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 200_000]
const anySize = fc.oneof(fc.constantFrom(...edges), fc.nat(250_000))
const anyCuts = fc.array(fc.nat(90_000), { maxLength: 8 })

await t.test('what is encrypted comes back, however the streams are cut', async (t) => {
  await fc.assert(
    fc.asyncProperty(anySize, anyCuts, anyCuts, async (size, cuts, storedCuts) => {
      const plaintext = plaintextOf(size)
      const stored = await collected(encryptStream(cut(plaintext, cuts), dataKey, salt))
      t.ok(stored.equals(encrypted(plaintext)), 'the cuts leave no mark')
      t.equal(stored.length, storedBytes(size))
      const parts = cut(stored, storedCuts)
      const back = await collected(decryptStream(parts, dataKey))
      t.ok(back.equals(plaintext))
    }),
    { numRuns: 60 },
  )
})

await t.test('a caller may reuse its buffer', (t) => {
  const plaintext = plaintextOf(150_000)
  const encryptor = new FileEncryptor(newPayloadKey(dataKey, salt))
  const parts = [encryptor.header]
  const buffer = Buffer.alloc(10_000)
  for (let at = 0; at < plaintext.length; at += buffer.length) {
    plaintext.copy(buffer, 0, at)
    parts.push(encryptor.update(buffer))
    buffer.fill(0)
  }
  t.equal(encryptor.plaintextBytes, 150_000)
  parts.push(encryptor.final())
  t.ok(decrypted(Buffer.concat(parts)).equals(plaintext))
  t.end()
})

await t.test('the page of formats is enough to decrypt, by another implementation', async (t) => {
  const plaintext = plaintextOf(CHUNK_BYTES + 5)
  const stored = encrypted(plaintext)
  const { subtle } = webcrypto
  t.equal(stored.subarray(0, 16).toString('latin1'), 'PBNTFILE\x01\x01\x10\0\0\0\0\0')
  t.ok(stored.subarray(16, 48).equals(salt))
  const material = await subtle.importKey('raw', dataKey, 'HKDF', false, ['deriveBits'])
  const derive = async (info: string): Promise<Buffer> => {
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt, info: Buffer.from(info) }
    return Buffer.from(await subtle.deriveBits(parameters, material, 256))
  }
  t.ok(stored.subarray(48, 80).equals(await derive('probant/file/v1/commitment')))
  const key = await subtle.importKey(
    'raw',
    await derive('probant/file/v1/payload'),
    'AES-GCM',
    false,
    ['decrypt'],
  )
  const chunk = async (index: number, last: number, bytes: Buffer): Promise<Buffer> => {
    const iv = Buffer.alloc(12)
    iv[10] = index
    iv[11] = last
    const parameters = { name: 'AES-GCM', iv, additionalData: stored.subarray(0, 80) }
    return Buffer.from(await subtle.decrypt(parameters, key, bytes))
  }
  const first = await chunk(0, 0, stored.subarray(80, 80 + STORED))
  const last = await chunk(1, 1, stored.subarray(80 + STORED))
  t.ok(Buffer.concat([first, last]).equals(plaintext))
})

await t.test('any flipped bit fails', (t) => {
  const small = encrypted(plaintextOf(40))
  for (let bit = 0; bit < small.length * 8; bit++) {
    t.throws(() => decrypted(flipped(small, bit)), EncryptedFileError, `bit ${bit}`)
  }
  const large = encrypted(plaintextOf(2 * CHUNK_BYTES + 100))
  fc.assert(
    fc.property(fc.nat(large.length * 8 - 1), (bit) => {
      t.throws(() => decrypted(flipped(large, bit)), EncryptedFileError, `bit ${bit}`)
    }),
    { numRuns: 150 },
  )
  t.end()
})

await t.test('cut, extended, moved and foreign chunks fail, and say which', (t) => {
  for (const size of [0, 10, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7]) {
    const stored = encrypted(plaintextOf(size))
    for (let at = HEADER_BYTES; at < stored.length; at += STORED) {
      const code = 'truncated'
      failsWith(t, code, stored.subarray(0, at), `${size} cut at ${at}`)
      failsWith(t, code, stored.subarray(0, at + 15), `${size} cut inside the tag at ${at}`)
    }
    for (const at of [0, 1, 79]) failsWith(t, 'truncated', stored.subarray(0, at), `cut at ${at}`)
    for (const more of [1, 16, STORED]) {
      const extended = Buffer.concat([stored, Buffer.alloc(more)])
      t.throws(() => decrypted(extended), EncryptedFileError, `${size} extended by ${more}`)
    }
  }
  const whole = encrypted(plaintextOf(2 * CHUNK_BYTES))
  failsWith(
    t,
    'extended',
    Buffer.concat([whole, Buffer.alloc(20)]),
    'bytes after a full last chunk',
  )
  const header = whole.subarray(0, 80)
  const [a, b] = [whole.subarray(80, 80 + STORED), whole.subarray(80 + STORED)]
  failsWith(t, 'altered', Buffer.concat([header, b, a]), 'swapped')
  failsWith(t, 'altered', Buffer.concat([header, a, a, b]), 'repeated')
  failsWith(t, 'altered', Buffer.concat([header, b]), 'the first missing')
  const other = encrypted(plaintextOf(2 * CHUNK_BYTES), Buffer.alloc(32, 9))
  failsWith(t, 'altered', Buffer.concat([header, other.subarray(80)]), 'chunks of another file')
  failsWith(t, 'wrong-key', other, 'another file')
  failsWith(t, 'unknown-format', flipped(whole, 8 * 8), 'another format')
  t.end()
})

await t.test('an empty chunk ends only an empty file', (t) => {
  t.equal(decrypted(encrypted(Buffer.alloc(0))).length, 0)
  // one whole chunk that isn't the last, then an empty last one: two forms for one plaintext
  const first = encrypted(plaintextOf(2 * CHUNK_BYTES)).subarray(0, 80 + STORED)
  const key = Buffer.from(hkdfSync('sha256', dataKey, salt, 'probant/file/v1/payload', 32))
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.from('000000000000000000000101', 'hex'))
  cipher.setAAD(first.subarray(0, HEADER_BYTES))
  cipher.final()
  failsWith(t, 'altered', Buffer.concat([first, cipher.getAuthTag()]), 'an empty last chunk')
  t.end()
})

await t.test('a wrong key decrypts nothing', (t) => {
  const stored = encrypted(plaintextOf(100))
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
      t.throws(() => decrypted(stored, key), { code: 'wrong-key' })
    }),
  )
  for (const size of [0, 16, 31, 33]) {
    t.throws(() => decrypted(stored, Buffer.alloc(size)), KeyError)
    t.throws(() => newPayloadKey(Buffer.alloc(size), salt), KeyError)
    t.throws(() => newPayloadKey(dataKey, Buffer.alloc(size)), KeyError)
  }
  t.end()
})

await t.test('an ended file takes and gives nothing more', (t) => {
  const encryptor = new FileEncryptor(newPayloadKey(dataKey, salt))
  encryptor.final()
  t.throws(() => encryptor.update(Buffer.of(1)), { code: 'closed' })
  t.throws(() => encryptor.final(), { code: 'closed' })
  const decryptor = new FileDecryptor(dataKey)
  t.throws(() => decryptor.update(Buffer.alloc(100)), EncryptedFileError)
  t.throws(() => decryptor.update(Buffer.alloc(1)), { code: 'closed' })
  t.throws(() => decryptor.final(), { code: 'closed' })
  t.end()
})

await t.test('range reads', async (t) => {
  const size = 3 * CHUNK_BYTES + 1000
  const plaintext = plaintextOf(size)
  const stored = encrypted(plaintext)
  let read = 0
  const fileOf = (bytes: Buffer, plaintextBytes = size) => ({
    storedBytes: bytes.length,
    plaintextBytes,
    read: (offset: number, length: number) => {
      read += length
      return Promise.resolve(bytes.subarray(offset, offset + length))
    },
  })
  const range = async (bytes: Buffer, start: number, end: number, plaintextBytes = size) =>
    await collected(decryptRange(fileOf(bytes, plaintextBytes), dataKey, start, end))
  await fc.assert(
    fc.asyncProperty(fc.nat(size), fc.nat(size), async (a, b) => {
      const [start, end] = [Math.min(a, b), Math.max(a, b)]
      read = 0
      t.ok((await range(stored, start, end)).equals(plaintext.subarray(start, end)))
      const chunks = Math.ceil(end / CHUNK_BYTES) - Math.floor(start / CHUNK_BYTES)
      t.ok(read <= HEADER_BYTES + Math.max(0, chunks) * STORED, 'reads the chunks needed only')
    }),
  )
  t.ok((await range(stored, 0, size)).equals(plaintext))
  await t.rejects(range(stored.subarray(0, -1), 0, 10), { code: 'truncated' })
  await t.rejects(range(stored.subarray(0, 80 + STORED), 0, 10), { code: 'truncated' })
  await t.rejects(range(Buffer.concat([stored, Buffer.of(0)]), 0, 10), { code: 'extended' })
  const shorter = stored.subarray(0, 80 + STORED)
  await t.rejects(range(shorter, 0, 10, CHUNK_BYTES), { code: 'truncated' }, 'no real last chunk')
  const changed = flipped(stored, (80 + STORED + 5) * 8)
  t.ok((await range(changed, 0, 100)).equals(plaintext.subarray(0, 100)), 'chunk 0 is intact')
  await t.rejects(range(changed, CHUNK_BYTES, CHUNK_BYTES + 1), { code: 'altered', chunk: 1 })
  for (const [start, end] of [
    [-1, 2],
    [5, 4],
    [0, size + 1],
    [0.5, 2],
    [Number.NaN, 2],
  ] as const) {
    await t.rejects(range(stored, start, end), { code: 'wrong-size' })
  }
})

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}
