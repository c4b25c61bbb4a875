import fc from 'fast-check'
import t from 'tap'
import {
  concat,
  cosignatureLine,
  cosignatureMessage,
  ed25519CosignatureMessage,
  EvidenceError,
  formatNote,
  fromHex,
  fromUtf8,
  mlDsaCosignatureMessage,
  parseCheckpoint,
  parseCosignature,
  parseNote,
  signatureLine,
  toHex,
  u64be,
  utf8,
  verifyCosignatures,
  verifyNote,
} from '../src/index.ts'
import type { Answer, KeyType, Note, NoteSignature } from '../src/index.ts'
import { checkProperty } from './property.ts'
import { testCrypto as crypto, testSigner, withoutAlgorithm } from './test-crypto.ts'
import type { TestSigner } from './test-crypto.ts'

const malformed = { name: 'EvidenceError', code: 'malformed-cosignature' }

const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'
// C2SP tlog-cosignature
const example = `${text}
— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
`

function signatureAt(note: Note, index: number): NoteSignature {
  const signature = note.signatures[index]
  if (signature === undefined) throw new Error(`no signature ${index}`)
  return signature
}

void t.test("the specification's example", (t) => {
  const signature = signatureAt(parseNote(example), 1)
  const cosignature = parseCosignature(signature)
  t.equal(cosignature.timestamp, 1679315147)
  t.equal(cosignature.signature.length, 64)
  t.equal(cosignatureLine(signature, 1679315147, cosignature.signature), signature.line)
  t.equal(
    fromUtf8(ed25519CosignatureMessage(text, 1679315147)),
    `cosignature/v1
time 1679315147
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
`,
  )
  t.end()
})

void t.test('the ML-DSA-44 message, member by member', (t) => {
  const cosigned = {
    ...parseCheckpoint(text),
    name: 'witness.example.com/w1',
    timestamp: 1679315147,
  }
  t.equal(
    toHex(mlDsaCosignatureMessage(cosigned)),
    [
      '737562747265652f76310a00', // label "subtree/v1\n\0"
      '16', // length of the cosigner's name
      toHex(utf8('witness.example.com/w1')),
      '00000000641850cb', // timestamp
      '1b', // length of the origin
      toHex(utf8('example.com/behind-the-sofa')),
      '0000000000000000', // start
      '00000000013e2dc3', // end: the size
      '0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62',
    ].join(''),
  )
  for (const bad of [
    { ...cosigned, name: '' },
    { ...cosigned, name: 'x'.repeat(256) },
    { ...cosigned, name: 'é'.repeat(128) },
    { ...cosigned, origin: '' },
    { ...cosigned, timestamp: -1 },
    { ...cosigned, timestamp: 0.5 },
    { ...cosigned, timestamp: 2 ** 53 },
    { ...cosigned, root: new Uint8Array(31) },
  ]) {
    t.throws(() => mlDsaCosignatureMessage(bad), malformed)
  }
  t.ok(mlDsaCosignatureMessage({ ...cosigned, name: 'x'.repeat(255), timestamp: 0 }))
  t.throws(() => ed25519CosignatureMessage(text, -1), malformed)
  t.throws(() => cosignatureLine(signatureAt(parseNote(example), 1), 0.5, fromHex('00')), malformed)
  t.end()
})

void t.test('taking a cosignature apart', (t) => {
  const blob = (time: bigint, length: number): Uint8Array =>
    concat(u64be(time), new Uint8Array(length).fill(7))
  t.equal(parseCosignature({ blob: blob(5n, 64) }).timestamp, 5)
  t.equal(parseCosignature({ blob: blob(2n ** 53n - 1n, 2420) }).timestamp, 2 ** 53 - 1)
  for (const length of [0, 63, 65, 2419, 2421]) {
    t.throws(() => parseCosignature({ blob: blob(5n, length) }), malformed, `${length} bytes`)
  }
  t.throws(() => parseCosignature({ blob: new Uint8Array(7) }), malformed)
  t.throws(() => parseCosignature({ blob: blob(2n ** 53n, 64) }), malformed)
  t.throws(() => parseCosignature({ blob: blob(2n ** 64n - 1n, 64) }), malformed)
  const inside = concat(fromHex('ffff'), blob(5n, 64)).subarray(2)
  t.equal(parseCosignature({ blob: inside }).timestamp, 5, 'a view into a larger buffer')
  t.end()
})

/** The line of a fresh cosignature. */
function cosign(signer: TestSigner, timestamp: number, over = text): string {
  const { key } = signer
  const { type } = key
  if (type !== 4 && type !== 6) throw new Error('not a cosigner')
  const message =
    type === 4
      ? ed25519CosignatureMessage(over, timestamp)
      : mlDsaCosignatureMessage({ ...parseCheckpoint(over), name: key.name, timestamp })
  t.equal(toHex(cosignatureMessage({ ...key, type }, over, timestamp)), toHex(message))
  return cosignatureLine(key, timestamp, signer.sign(message))
}

const log = testSigner('example.com/behind-the-sofa', 2)
const ed = testSigner('witness.example.com/w1', 4)
const ml = testSigner('witness.example.com/w1', 6)
const logLine = signatureLine(log.key.name, log.key.keyId, log.sign(utf8(text)))

void t.test('checking cosignatures', async (t) => {
  const other = testSigner('witness.example.com/w2', 4)
  const lines = [logLine, cosign(ed, 1000), cosign(ml, 1001), cosign(other, 1002)]
  const note = parseNote(formatNote(text, lines))
  const findings = await verifyCosignatures(crypto, note, [log.key, ed.key, ml.key])
  t.same(findings, [
    { name: ed.key.name, keyId: ed.key.keyId, type: 4, timestamp: 1000, answer: 'valid' },
    { name: ml.key.name, keyId: ml.key.keyId, type: 6, timestamp: 1001, answer: 'valid' },
  ])
  const blind = withoutAlgorithm('ml-dsa-44')
  t.match(await verifyCosignatures(blind, note, [ed.key, ml.key]), [
    { type: 4, answer: 'valid' },
    { type: 6, answer: 'cannot-tell' },
  ])
  t.same(await verifyCosignatures(crypto, note, []), [])

  const all = await verifyNote(crypto, note, [log.key, ed.key, ml.key])
  t.same(all.verdict, { status: 'valid' })
  t.same(all.verifiedBy, [log.key, ed.key, ml.key])

  t.comment('the same signature under another time, text or key is none')
  for (const signer of [ed, ml]) {
    const blob = signatureAt(parseNote(formatNote(text, [cosign(signer, 1000)])), 0).blob
    const { signature } = parseCosignature({ blob })
    const late = cosignatureLine(signer.key, 1001, signature)
    const elsewhere = text.replace('20852163', '20852164')
    for (const bad of [formatNote(text, [late]), formatNote(elsewhere, [cosign(signer, 1000)])]) {
      const [finding] = await verifyCosignatures(crypto, parseNote(bad), [signer.key])
      t.equal(finding?.answer, 'invalid')
      t.match((await verifyNote(crypto, parseNote(bad), [signer.key])).verdict, {
        status: 'invalid',
        code: 'bad-signature',
      })
    }
    const again = testSigner(signer.key.name, signer.key.type)
    const swapped = { ...signer.key, publicKey: again.key.publicKey }
    const [finding] = await verifyCosignatures(
      crypto,
      parseNote(formatNote(text, [cosign(signer, 1000)])),
      [swapped],
    )
    t.equal(finding?.answer, 'invalid')
  }
})

void t.test('cosignatures that can not be taken apart are invalid, not an error', async (t) => {
  const answer = async (signer: TestSigner, over: string, blob: Uint8Array) => {
    const line = signatureLine(signer.key.name, signer.key.keyId, blob)
    const note = parseNote(formatNote(over, [line]))
    const [finding] = await verifyCosignatures(crypto, note, [signer.key])
    return { timestamp: finding?.timestamp, answer: finding?.answer }
  }
  const invalid = 'invalid'
  const sizes: Record<KeyType, number> = { 1: 0, 2: 0, 4: 64, 6: 2420 }
  for (const signer of [ed, ml]) {
    const right = sizes[signer.key.type]
    const wrong = sizes[signer.key.type === 4 ? 6 : 4]
    const timed = (time: bigint, length: number) => concat(u64be(time), new Uint8Array(length))
    t.same(await answer(signer, text, new Uint8Array(3)), { timestamp: null, answer: invalid })
    t.same(await answer(signer, text, timed(9n, wrong)), { timestamp: 9, answer: invalid })
    t.same(await answer(signer, text, timed(9n, right)), { timestamp: 9, answer: invalid })
    t.same(await answer(signer, text, timed(2n ** 60n, right)), {
      timestamp: null,
      answer: invalid,
    })
  }
  t.same(await answer(ml, 'not a checkpoint\n', concat(u64be(9), new Uint8Array(2420))), {
    timestamp: 9,
    answer: invalid,
  })

  const credulous = { ...crypto, verify: () => Promise.resolve<Answer>('valid') }
  const lengths = parseNote(
    formatNote(text, [signatureLine(ed.key.name, ed.key.keyId, new Uint8Array(8 + 2420))]),
  )
  t.match(await verifyCosignatures(credulous, lengths, [ed.key]), [{ answer: invalid }])

  t.comment('but what is not the note is an error, not an answer')
  const broken = { ...crypto, verify: () => Promise.reject(new Error('an outage')) }
  const note = parseNote(formatNote(text, [cosign(ed, 1000)]))
  await t.rejects(verifyCosignatures(broken, note, [ed.key]), { message: 'an outage' })
  const defective: Note = {
    signatures: note.signatures,
    get text(): string {
      throw new TypeError('a defect')
    },
  }
  await t.rejects(verifyCosignatures(crypto, defective, [ed.key]), { message: 'a defect' })
})

void t.test('any flipped bit fails', async (t) => {
  for (const signer of [ed, ml]) {
    const bytes = utf8(formatNote(text, [cosign(signer, 1679315147)]))
    await checkProperty(
      t,
      fc.asyncProperty(fc.nat({ max: bytes.length * 8 - 1 }), async (bit) => {
        const copy = new Uint8Array(bytes)
        copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        try {
          const findings = await verifyCosignatures(crypto, parseNote(copy), [signer.key])
          return findings.every(({ answer }) => answer === 'invalid')
        } catch (error) {
          return error instanceof EvidenceError
        }
      }),
      300,
    )
  }
})
