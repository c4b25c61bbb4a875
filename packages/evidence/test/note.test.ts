import fc from 'fast-check'
import t from 'tap'
import {
  EvidenceError,
  formatNote,
  formatVkey,
  fromHex,
  maximumNoteBytes,
  maximumNoteSignatures,
  parseNote,
  parseVkey,
  signatureLine,
  toBase64,
  toHex,
  utf8,
  verifyNote,
} from '../src/index.ts'
import type { KeyType, VerifierKey } from '../src/index.ts'
import { checkProperty } from './property.ts'
import { testCrypto as crypto, testSigner, withoutAlgorithm } from './test-crypto.ts'

const malformedNote = { name: 'EvidenceError', code: 'malformed-note' }
const malformedVkey = { name: 'EvidenceError', code: 'malformed-vkey' }

// C2SP signed-note, "Format" and "Example"
const quasimodo = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`
const fooVkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const fooNote = `This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
`
// golang.org/x/mod sumdb/note/note_test.go
const peterVkey = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const enochVkey = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
const peterText = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.
`
const peterLine =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM='
const enochLine =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ='
// transparency-dev/formats note/note_verifier_test.go: keys and checkpoints of two public logs, type 2
const rekorVkey =
  'rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGvXwBcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc='
const rekorNote =
  'Rekor\n798034\nf+7CoKgXKE/tNys9TTXcr/ad6U/K3xvznmzew9y6SP0=\n\n— rekor.sigstore.dev wNI9ajBEAiARInWIWyCdyG27CO6LPnPekyw20qO0YJfoaPaowGp/XgIgc+qEHS3+GKVClgqq20uDLet7MCoTURUCRdxwWBHHufk=\n'
const pixelVkey =
  'pixel6_transparency_log+91c16e30+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN+4x0Jk1yTwvLFI9A4NDdGZcX0aiWVdWM5XJVy0M4VWD3AvyW5Q6Hs9A0mcDkpUoYgn+KKPNzFC0H3nN3q6JQ8='
const pixelNote =
  'DEFAULT\n10\nbsWRucJU5xJPHb5eBdOm6+DM+VelCZBuvtI3sHERJ9Y=\n\n— pixel6_transparency_log kcFuMDBFAiEAhqMAP8P6qf6QxtUJhzMhbN+MbZ9dwfUHzGQJmffJHtoCIGD0cNe47dHWBoPwYdgBCepB06/+g5O1FmYjXl06owL4\n'

void t.test('reading the examples of the specification', (t) => {
  const note = parseNote(quasimodo)
  t.equal(
    note.text,
    'Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n',
  )
  t.equal(note.signatures.length, 1)
  const [signature] = note.signatures
  t.equal(signature?.name, 'quasimodo.example/salvatore')
  t.equal(toHex(signature?.keyId ?? new Uint8Array()), '367ba04b')
  t.equal(signature?.blob.length, 64)
  t.ok(quasimodo.endsWith(`\n\n${signature?.line ?? ''}\n`))
  t.same(parseNote(utf8(quasimodo)), note, 'bytes or text')
  t.equal(formatNote(note.text, [signature?.line ?? '']), quasimodo)
  t.end()
})

void t.test('signatures of the outside world', async (t) => {
  for (const [vkey, text] of [
    [fooVkey, fooNote],
    [peterVkey, `${peterText}\n${peterLine}\n`],
    [rekorVkey, rekorNote],
    [pixelVkey, pixelNote],
  ] as const) {
    const key = parseVkey(vkey, crypto)
    const result = await verifyNote(crypto, parseNote(text), [key])
    t.same(result, { verdict: { status: 'valid' }, verifiedBy: [key], notChecked: [] }, key.name)
    t.equal(formatVkey(key.name, key.type, key.publicKey, crypto), vkey)
  }
})

void t.test('notes that are none', (t) => {
  const good = `${peterText}\n${peterLine}\n`
  t.ok(parseNote(good))
  for (const [bad, why] of [
    ['', 'empty'],
    [peterText, 'no signature'],
    [`${peterText}\n`, 'no signature line'],
    [`${peterText}\n\n`, 'an empty signature line'],
    [good.slice(0, -1), 'no last newline'],
    [`${good}\n`, 'an empty line at the end'],
    [`\u0001${good}`, 'a control character'],
    [good.replace('problem', 'prob\tlem'), 'a tab'],
    [good.replaceAll('\n', '\r\n'), 'other line ends'],
    [`${good}Unexpected line.\n`, 'a line that is no signature'],
    [`${peterText}${peterLine}\n`, 'no empty line'],
    [good.replace('— ', '- '), 'a hyphen'],
    [good.replace('— ', '—'), 'no space'],
    [good.replace('— ', '—  '), 'two spaces'],
    [good.replace('PeterNeumann', 'Peter Neumann'), 'a space in the name'],
    [good.replace('PeterNeumann', 'Peter\u00a0Neumann'), 'a no-break space in the name'],
    [good.replace('PeterNeumann', 'Peter\u2003Neumann'), 'an em space in the name'],
    [good.replace('PeterNeumann', 'Peter\u0085Neumann'), 'a next-line character in the name'],
    [good.replace('PeterNeumann', 'Peter+Neumann'), 'a plus in the name'],
    [good.replace('PeterNeumann', ''), 'no name'],
    [good.replace('JnAM=', 'JnAM= '), 'a space at the end'],
    [good.replace('JnAM=', 'JnAM'), 'no padding'],
    [good.replace('JnAM=', 'JnAN='), 'stray bits'],
    [good.replace(/x08go.*/, 'x08gow=='), 'only a key id'],
    [good.replace(/x08go.*/, 'x08g'), 'less than a key id'],
    [good.replace(/x08go.*/, ''), 'no base64'],
    ['a\ud800\n\n— a x08go/Y=\n', 'a lone surrogate'],
  ] as const) {
    t.throws(() => parseNote(bad), malformedNote, why)
  }
  t.throws(() => parseNote(new Uint8Array([0xff])), malformedNote, 'not UTF-8')
  t.throws(() => parseNote(`${good}x\n`), { ...malformedNote, where: 'signature line 2' })
  t.match(parseNote('\n\n— a x08go/Y=\n'), { text: '\n' }, 'the text may be one newline')
  t.match(parseNote('a\n\n— a\ufeff\u007f x08go/Y=\n'), { signatures: [{ name: 'a\ufeff\u007f' }] })
  t.match(parseNote('a\n\n\n— é x08go/Y=\n'), { text: 'a\n\n', signatures: [{ name: 'é' }] })
  t.end()
})

void t.test('limits', (t) => {
  const many = (count: number): string => `a\n\n${'— a x08go/Y=\n'.repeat(count)}`
  t.equal(parseNote(many(maximumNoteSignatures)).signatures.length, maximumNoteSignatures)
  t.throws(() => parseNote(many(maximumNoteSignatures + 1)), { code: 'too-large' })
  const tail = '\n\n— a x08go/Y=\n'
  const longest = 'a'.repeat(maximumNoteBytes - utf8(tail).length) + tail
  t.ok(parseNote(utf8(longest)))
  t.throws(() => parseNote(utf8(`a${longest}`)), { code: 'too-large' })
  t.throws(() => parseNote(`aaa${longest}`), { code: 'too-large' })
  t.throws(() => parseNote('é'.repeat(maximumNoteBytes / 2) + tail), { code: 'too-large' })
  t.end()
})

void t.test('writing', (t) => {
  const keyId = fromHex('c74f20a3')
  t.equal(signatureLine('a', keyId, new Uint8Array([0xf6])), '— a x08go/Y=')
  for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u2028b', 'a\ud800']) {
    t.throws(() => signatureLine(name, keyId, new Uint8Array(1)), malformedNote)
  }
  t.throws(() => signatureLine('a', keyId, new Uint8Array(0)), malformedNote)
  t.throws(() => signatureLine('a', keyId.subarray(1), new Uint8Array(1)), malformedNote)
  t.throws(() => formatNote('no newline', [peterLine]), malformedNote)
  t.throws(() => formatNote('text\n', []), malformedNote)
  t.throws(() => formatNote('text\n', [`${peterLine}\n`]), malformedNote)
  t.throws(() => formatNote('text\n', [`${peterLine}\n${peterLine}`]), malformedNote)
  t.throws(() => formatNote('text\n', [`x\n\n${peterLine}`]), malformedNote)
  t.throws(() => formatNote('', [peterLine]), malformedNote)
  t.end()
})

/** Type and key of a vkey, as bytes. */
const parseVkeyMaterial = (vkey: string): Uint8Array => {
  const { type, publicKey } = parseVkey(vkey)
  return new Uint8Array([type, ...publicKey])
}

void t.test('verifier keys', (t) => {
  t.match(parseVkey(fooVkey), { name: 'example.com/foo', type: 1 })
  t.equal(toHex(parseVkey(fooVkey).keyId), '530d903a')
  t.equal(parseVkey(fooVkey).publicKey.length, 32)
  // as the reference's own test: no part of a key is a key, and no other character anywhere
  for (let i = 0; i <= peterVkey.length; i++) {
    for (let j = i + 1; j <= peterVkey.length; j++) {
      if (i === 0 && j === peterVkey.length) continue
      t.throws(() => parseVkey(peterVkey.slice(i, j), crypto), EvidenceError)
    }
  }
  for (let i = 0; i < peterVkey.length; i++) {
    const next = String.fromCharCode(peterVkey.charCodeAt(i) + 1)
    const mangled = peterVkey.slice(0, i) + next + peterVkey.slice(i + 1)
    t.throws(() => parseVkey(mangled, crypto), EvidenceError, mangled)
  }
  const material = peterVkey.split('+')[2] ?? ''
  for (const bad of [
    '',
    `PeterNeumann+c74f20a3+${material}\n`,
    ` PeterNeumann+c74f20a3+${material}`,
    `Peter Neumann+c74f20a3+${material}`,
    `+c74f20a3+${material}`,
    `PeterNeumann+C74F20A3+${material}`,
    'PeterNeumann+c74f20a3+',
    'PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==',
    'rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!',
    rekorVkey.replace('+AjBZ', '+BjBZ'), // ECDSA material as an ML-DSA-44 key
    rekorVkey.replace('+AjBZ', '+AjBa'), // no SPKI
    'a+12345678+AgAA',
    `a+12345678+${toBase64(parseVkeyMaterial(rekorVkey).slice(0, -1))}`, // half a coordinate missing
    `a\u0001b+c74f20a3+${material}`,
    `a\u0085b+c74f20a3+${material}`,
  ]) {
    t.throws(() => parseVkey(bad), { code: /malformed-(vkey|encoding)/ }, bad)
  }
  t.throws(() => parseVkey(rekorVkey.replace('c0d23d6a', '00000000'), crypto), malformedVkey)
  t.equal(parseVkey(rekorVkey.replace('c0d23d6a', '00000000')).type, 2, 'without h the id is taken')
  for (const unknown of [
    'PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'rekor.sigstore.dev+12345678+AwEB',
    // transparency-dev/formats note/note_verifier_test.go, a static-ct log: type 5
    'ct.googleapis.com/logs/us1/argon2024+7deb49d0+BTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB25bKnLaZTFXOa2pgO70rjcVEMXKJkMBgFQHZ1kwFlGK9zIAx0FtC2oCfeZQe0E++VXuiYE9hFSzhRlOy92K8A=',
  ]) {
    t.throws(() => parseVkey(unknown), { code: 'unsupported-algorithm' })
  }
  t.throws(() => formatVkey('a b', 1, new Uint8Array(32), crypto), malformedVkey)
  t.throws(() => formatVkey('a', 1, new Uint8Array(31), crypto), malformedVkey)
  t.throws(() => formatVkey('a', 6, new Uint8Array(32), crypto), malformedVkey)
  t.end()
})

void t.test('keys of every type', async (t) => {
  for (const type of [1, 2, 4, 6] as const satisfies KeyType[]) {
    const { key } = testSigner(`log.example/${type}`, type)
    const text = formatVkey(key.name, type, key.publicKey, crypto)
    const read = parseVkey(text, crypto)
    t.equal(toHex(read.publicKey), toHex(key.publicKey))
    t.equal(toHex(read.keyId), toHex(key.keyId))
    const body = Buffer.concat([Buffer.from(`${key.name}\n`), Buffer.from([type]), key.publicKey])
    const hashed = type === 2 ? key.publicKey : body
    t.equal(toHex(key.keyId), toHex(crypto.hash('sha256', hashed)).slice(0, 8))
    t.ok(text.endsWith(toBase64(new Uint8Array([type, ...key.publicKey]))))
  }
  t.end()
  return Promise.resolve()
})

void t.test('several signers', async (t) => {
  const peter = parseVkey(peterVkey)
  const enoch = parseVkey(enochVkey)
  const note = parseNote(formatNote(peterText, [peterLine, enochLine]))
  const status = async (keys: VerifierKey[], of = note): Promise<string> =>
    (await verifyNote(crypto, of, keys)).verdict.status

  t.same((await verifyNote(crypto, note, [peter])).verifiedBy, [peter])
  t.same((await verifyNote(crypto, note, [enoch, peter])).verifiedBy, [peter, enoch])
  const oneBad = parseNote(formatNote(peterText, [peterLine, enochLine.replace('0SO3', '0SO4')]))
  t.equal(await status([peter], oneBad), 'valid', 'a bad signature by an unknown key')
  t.match(await verifyNote(crypto, oneBad, [enoch, peter]), {
    verdict: { status: 'invalid', code: 'bad-signature', where: 'EnochRoot' },
    verifiedBy: [peter],
  })
  t.equal(await status([]), 'cannot-tell', 'no key at all')
  t.match((await verifyNote(crypto, note, [parseVkey(fooVkey)])).verdict, {
    status: 'invalid',
    code: 'wrong-key',
  })
  const sameName = { ...peter, keyId: fromHex('00000000') }
  t.equal(await status([sameName]), 'invalid', 'name without id')
  const sameId = { ...peter, name: 'Petra' }
  t.equal(await status([sameId]), 'invalid', 'id without name')
  t.equal(await status([sameName, sameId, peter]), 'valid', 'and neither counts against the note')
  const altered = parseNote(formatNote(peterText.replace('answer', 'Answer'), [peterLine]))
  t.equal(await status([peter], altered), 'invalid', 'another text')

  const blind = withoutAlgorithm('ed25519')
  t.match(await verifyNote(blind, note, [peter]), {
    verdict: { status: 'cannot-tell', missing: /PeterNeumann/ },
    verifiedBy: [],
    notChecked: [peter],
  })
  const log = testSigner('log.example', 2)
  const line = signatureLine(log.key.name, log.key.keyId, log.sign(utf8(peterText)))
  const both = parseNote(formatNote(peterText, [peterLine, line]))
  t.match(await verifyNote(blind, both, [peter, log.key]), {
    verdict: { status: 'valid' },
    verifiedBy: [log.key],
    notChecked: [peter],
  })
})

void t.test('properties', async (t) => {
  t.comment('round trip')
  const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
  const text = fc
    .array(character.filter((c) => c === '\n' || c >= ' '))
    .map((characters) => `${characters.join('')}\n`)
  const signature = fc.record({
    name: fc.stringMatching(/^[a-z0-9./é-]{1,20}$/),
    keyId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    blob: fc.uint8Array({ minLength: 1, maxLength: 100 }),
  })
  await checkProperty(
    t,
    fc.property(text, fc.array(signature, { minLength: 1, maxLength: 5 }), (body, signatures) => {
      const lines = signatures.map(({ name, keyId, blob }) => signatureLine(name, keyId, blob))
      const note = parseNote(formatNote(body, lines))
      return (
        note.text === body &&
        JSON.stringify(note.signatures) ===
          JSON.stringify(signatures.map((parts, i) => ({ ...parts, line: lines[i] })))
      )
    }),
  )

  t.comment('any flipped bit of a signed note makes it anything but valid')
  const signers = [testSigner('log.example/a', 1), testSigner('log.example/a', 2)]
  for (const signer of signers) {
    const line = signatureLine(signer.key.name, signer.key.keyId, signer.sign(utf8(peterText)))
    const bytes = utf8(formatNote(peterText, [line]))
    await checkProperty(
      t,
      fc.asyncProperty(fc.nat({ max: bytes.length * 8 - 1 }), async (bit) => {
        const copy = new Uint8Array(bytes)
        copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        try {
          const { verdict } = await verifyNote(crypto, parseNote(copy), [signer.key])
          return verdict.status === 'invalid'
        } catch (error) {
          return error instanceof EvidenceError
        }
      }),
      500,
    )
  }
})
