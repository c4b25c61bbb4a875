import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { startBox, type BenchBox } from '../bench/deposit/box.ts'

/** One document of 5 GiB goes in and comes out again, and the vault service's memory stays flat. SOAK_BYTES asks for another size. */
const MIB = 1024 * 1024
const sizeBytes = Number(process.env['SOAK_BYTES'] ?? 5 * 1024 * MIB)
/** What streaming may cost over the idle service: buffers in flight and garbage not yet collected. */
const ALLOWED_GROWTH_BYTES = 200 * MIB
const block = randomBytes(MIB)

const box = await startBox(process.env['SOAK_FOLDER'] ?? tmpdir())
const idle = residentBytes()
let highest = idle
const watching = setInterval(() => (highest = Math.max(highest, residentBytes())), 100)
try {
  const sent = createHash('sha256')
  const kept = await depositStream(box, sent)
  const digest = sent.digest('hex')
  say({ step: 'deposit', sizeBytes, seconds: kept.seconds, idle, highest })
  const read = await readBack(box, kept.id)
  say({ step: 'read', sizeBytes: read.sizeBytes, seconds: read.seconds, idle, highest })
  const isEqual = kept.sha256 === digest && read.sha256 === digest && read.sizeBytes === sizeBytes
  const isFlat = highest - idle <= ALLOWED_GROWTH_BYTES
  say({ isEqual, isFlat, growthBytes: highest - idle, allowedBytes: ALLOWED_GROWTH_BYTES })
  process.exitCode = isEqual && isFlat ? 0 : 1
} finally {
  clearInterval(watching)
  await box.stop()
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify({ soak: 'memory', ...line })}\n`)
}

function residentBytes(): number {
  const status = readFileSync(`/proc/${box.pid}/status`, 'ascii')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024
}

/** Pieces of the document, each different, made as they are asked for. */
function* pieces(hash: ReturnType<typeof createHash>): Generator<Buffer> {
  for (let left = sizeBytes, at = 0; left > 0; left -= block.length, at += 1) {
    const piece = Buffer.from(block.subarray(0, Math.min(left, block.length)))
    if (piece.length >= 4) piece.writeUInt32BE(at)
    hash.update(piece)
    yield piece
  }
}

function depositStream(
  { port, vault, token }: BenchBox,
  hash: ReturnType<typeof createHash>,
): Promise<{ id: string; sha256: string; seconds: number }> {
  const beganAt = performance.now()
  return new Promise((resolve, reject) => {
    const sending = request(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: `/api/v1/vaults/${vault}/objects`,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'multipart/form-data; boundary=soak',
        },
      },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => {
          if (answer.statusCode !== 201) {
            reject(new Error(`${String(answer.statusCode)} ${text}`))
            return
          }
          const { id, digests } = JSON.parse(text) as { id: string; digests: { sha256: string } }
          const seconds = (performance.now() - beganAt) / 1000
          resolve({ id, sha256: digests.sha256, seconds })
        })
      },
    )
    sending.on('error', reject)
    sending.write(
      '--soak\r\ncontent-disposition: form-data; name="metadata"\r\n\r\n{"title":"soak"}\r\n' +
        '--soak\r\ncontent-disposition: form-data; name="file"; filename="soak.bin"\r\n' +
        'content-type: application/octet-stream\r\n\r\n',
    )
    const source = pieces(hash)
    const pump = () => {
      for (;;) {
        const next = source.next()
        if (next.done === true) {
          sending.end('\r\n--soak--\r\n')
          return
        }
        if (!sending.write(next.value)) {
          sending.once('drain', pump)
          return
        }
      }
    }
    pump()
  })
}

async function readBack({ port, vault, token }: BenchBox, id: string) {
  const beganAt = performance.now()
  const answer = await fetch(
    `http://127.0.0.1:${port}/api/v1/vaults/${vault}/objects/${id}/content`,
    { headers: { authorization: `Bearer ${token}` } },
  )
  const hash = createHash('sha256')
  let received = 0
  for await (const chunk of answer.body ?? []) {
    const bytes = chunk as Uint8Array
    hash.update(bytes)
    received += bytes.length
  }
  const seconds = (performance.now() - beganAt) / 1000
  return { sizeBytes: received, sha256: hash.digest('hex'), seconds }
}
