import { decryptStream, newPayloadKey, nodeCrypto } from '@probant/keys'
import { randomBytes } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { receive } from '../src/deposit/reception.ts'
import { ReceptionThreads } from '../src/deposit/reception-threads.ts'

/** Step 1 of a deposit by itself: digests and encrypted file are the same wherever they are computed. */
const KIB = 1024
const threads = new ReceptionThreads(2)
t.teardown(() => threads.close())
const folder = t.testdir({})

function* pieces(content: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

async function received(name: string, stream: AsyncIterable<Uint8Array>, dataKey: Buffer) {
  const staged = await open(join(folder, name), 'wx')
  try {
    return await receive(
      threads,
      stream,
      staged,
      { dataKey, salt: randomBytes(32) },
      8 * 1024 * KIB,
    )
  } finally {
    await staged.close()
  }
}

async function decrypted(name: string, dataKey: Buffer): Promise<Buffer> {
  const stored = await readFile(join(folder, name))
  return Buffer.concat(
    await Readable.from(decryptStream(Readable.from([stored]), dataKey)).toArray(),
  )
}

await t.test('small and large documents, in pieces of any size, several at once', async (t) => {
  const sizes = [1, 100 * KIB, 128 * KIB - 1, 128 * KIB, 128 * KIB + 1, 700 * KIB, 3000 * KIB]
  await Promise.all(
    sizes.flatMap((size) =>
      [size, 65_536, 1000].map(async (piece) => {
        const content = randomBytes(size)
        const dataKey = randomBytes(32)
        const name = `${size}-${piece}`
        const { sizeBytes, sha256, sha3 } = await received(
          name,
          Readable.from(pieces(content, piece)),
          dataKey,
        )
        t.equal(sizeBytes, size)
        t.same(Buffer.from(sha256), Buffer.from(nodeCrypto.hash('sha256', content)), name)
        t.same(Buffer.from(sha3), Buffer.from(nodeCrypto.hash('sha3-256', content)), name)
        t.ok(content.equals(await decrypted(name, dataKey)), name)
      }),
    ),
  )
})

await t.test(
  'a stream that breaks off, and a disk that refuses, end their document alone',
  async (t) => {
    const content = randomBytes(2000 * KIB)
    const dataKey = randomBytes(32)
    async function* broken() {
      for (const piece of pieces(content, 50 * KIB)) {
        await Promise.resolve()
        yield piece
        if (piece.byteOffset > 0) break
      }
      throw new Error('the depositor went away')
    }
    const other = received('other', Readable.from(pieces(content, 64 * KIB)), dataKey)
    await t.rejects(received('broken', broken(), dataKey), { message: 'the depositor went away' })
    const readOnly = await open('/dev/null', 'r')
    t.teardown(() => readOnly.close())
    const given = { dataKey, salt: randomBytes(32) }
    const stream = Readable.from(pieces(content, 64 * KIB))
    await t.rejects(receive(threads, stream, readOnly, given, content.length), {
      code: 'store-failed',
    })
    await other
    t.ok(content.equals(await decrypted('other', dataKey)))
  },
)

await t.test('a thread that ends fails what it has, and another takes its place', async (t) => {
  const own = new ReceptionThreads(1)
  t.teardown(() => own.close())
  const payload = newPayloadKey(randomBytes(32), randomBytes(32))
  const first = own.begin(payload)
  const bytes = () => new Uint8Array(100)
  const answered = await first.take(bytes(), false)
  t.equal(answered.digests, undefined)
  await own.close()
  await t.rejects(first.take(bytes(), true), { code: 'store-failed', fault: 'retryable' })
  const { digests } = await own.begin(payload).take(bytes(), true)
  t.same(Buffer.from(digests?.sha256 ?? []), Buffer.from(nodeCrypto.hash('sha256', bytes())))
})
