import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  decapsulate,
  diffieHellman,
  hash,
  hkdfSync,
} from 'node:crypto'
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { toHex } from '@probant/evidence'
import { checkWords, combineShares, parseRecoveryPublicKey, parseShare } from '@probant/keys'

// The worked example of docs/formats.md section 17, followed step by step apart from the code under test, and by it.

const page = await readFile(new URL('../../../../docs/formats.md', import.meta.url), 'utf8')

function example(name: string): string {
  const [, wrapped, content] =
    new RegExp(`^\`\`\`text example=${name}( wrapped)?\\n([\\s\\S]*?)\\n\`\`\`$`, 'm').exec(page) ??
    []
  if (content === undefined) throw new Error(`no example ${name}`)
  return wrapped === undefined ? content : content.replaceAll('\n', '')
}

const seed = Buffer.from(example('recovery-seed'), 'hex')
const publicKey = Buffer.from(example('recovery-public-key'), 'base64')
const copy = Buffer.from(example('recovery-copy'), 'base64')
const shares = [1, 2, 3].map((number) => example(`recovery-share-${number}`))
const place = { boxId: 'box-7f3a', vault: '5f0c1a52-7d1c-4e64-9f3a-0c1d2e3f4a5b' }

const lp = (text: string) => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(text))
  return Buffer.concat([length, Buffer.from(text)])
}
const derived = (secret: Buffer, info: Buffer | string, bytes: number) =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, bytes))

await t.test('the page alone is enough to open the copy', (t) => {
  const pkcs8 = (prefix: string, name: string, bytes: number) =>
    createPrivateKey({
      key: Buffer.concat([
        Buffer.from(prefix, 'hex'),
        derived(seed, `probant/recovery-key/v1/${name}`, bytes),
      ]),
      format: 'der',
      type: 'pkcs8',
    })
  const x25519 = pkcs8('302e020100300506032b656e04220420', 'x25519', 32)
  const mlKem = pkcs8('3054020100300b060960864801650304040204428040', 'ml-kem-768', 64)
  const raw = (key: typeof x25519, bytes: number) =>
    createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-bytes)
  const expected = Buffer.concat([
    Buffer.from('PBNTRPUB\u0001'),
    lp('x25519+ml-kem-768'),
    raw(x25519, 32),
    raw(mlKem, 1184),
  ])
  t.ok(expected.equals(publicKey), 'the public key follows from the seed')

  const idAt = 9 + 4 + 43
  const sent = copy.subarray(0, idAt + 32 + 32 + 1088)
  t.ok(copy.subarray(idAt, idAt + 32).equals(hash('sha256', publicKey, 'buffer')))
  const ephemeral = createPublicKey({
    key: Buffer.concat([
      Buffer.from('302a300506032b656e032100', 'hex'),
      copy.subarray(idAt + 32, idAt + 64),
    ]),
    format: 'der',
    type: 'spki',
  })
  const shared = Buffer.concat([
    decapsulate(mlKem, sent.subarray(-1088)),
    diffieHellman({ privateKey: x25519, publicKey: ephemeral }),
  ])
  const info = Buffer.concat([lp('probant/recovery-copy/v1'), hash('sha256', sent, 'buffer')])
  const decipher = createDecipheriv('aes-256-gcm', derived(shared, info, 32), Buffer.alloc(12))
  decipher.setAAD(Buffer.concat([lp('probant/recovery-copy/v1'), lp(place.boxId), lp(place.vault)]))
  decipher.setAuthTag(copy.subarray(-16))
  const opened = decipher.update(copy.subarray(sent.length, -16), undefined, 'hex')
  t.equal(opened + decipher.final('hex'), example('vault-key'))
  t.end()
})

await t.test('the page alone is enough to put two shares together', (t) => {
  const times = (a: number, b: number): number => {
    let product = 0
    for (let bit = 0; bit < 8; bit++) {
      if ((b >> bit) & 1) product ^= a << bit
    }
    for (let bit = 14; bit >= 8; bit--) if ((product >> bit) & 1) product ^= 0x11b << (bit - 8)
    return product
  }
  const inverse = (a: number) =>
    Array.from({ length: 256 }, (_, b) => b).find((b) => times(a, b) === 1) ?? 0
  const [first, second] = shares.slice(0, 2).map((text) => decoded(text).subarray(12, 45))
  if (first === undefined || second === undefined) throw new Error('two shares are needed')
  const at = (share: Buffer) => share.readUInt8(32)
  // Lagrange at zero
  const weight = (own: Buffer, other: Buffer) => times(at(other), inverse(at(own) ^ at(other)))
  const found = Buffer.alloc(32).map(
    (_, byte) =>
      times(first.readUInt8(byte), weight(first, second)) ^
      times(second.readUInt8(byte), weight(second, first)),
  )
  t.equal(toHex(found), seed.toString('hex'))
  t.end()
})

function decoded(text: string): Buffer {
  const bits = Array.from(text.replace('PROBANT-SHARE-1', '').replaceAll(/\s/g, ''))
    .map((each) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(each).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
}

await t.test('the code reads the page', async (t) => {
  for (const pair of [
    [0, 1],
    [0, 2],
    [2, 1],
  ]) {
    const given = pair.map((at) => parseShare(shares[at] ?? ''))
    const key = await combineShares(given, parseRecoveryPublicKey(publicKey).id)
    t.equal(toHex(key.open(copy, place)), example('vault-key'))
  }
  const first = parseShare(shares[0] ?? '')
  t.ok(page.includes(`*${checkWords(first, 'en').join(' ')}*`))
  t.ok(page.includes(`*${checkWords(first, 'fr').join(' ')}*`))
})
