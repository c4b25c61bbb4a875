import fc from 'fast-check'
import t from 'tap'
import {
  EvidenceError,
  formatCheckpointText,
  formatTlogProof,
  fromHex,
  isOrigin,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  toHex,
} from '../src/index.ts'
import { checkProperty } from './property.ts'

const malformed = { name: 'EvidenceError', code: 'malformed-checkpoint' }

// C2SP tlog-checkpoint
const example = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`
const root = fromHex('0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62')
const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'

void t.test("the specification's example", (t) => {
  const checkpoint = parseCheckpoint(parseNote(example).text)
  t.equal(checkpoint.origin, 'example.com/behind-the-sofa')
  t.equal(checkpoint.size, 20852163)
  t.equal(toHex(checkpoint.root), toHex(root))
  t.equal(formatCheckpointText(checkpoint), text)
  t.end()
})

void t.test('texts that are no checkpoint', (t) => {
  t.equal(parseCheckpoint(text.replace('20852163', '0')).size, 0)
  t.equal(parseCheckpoint(text.replace('20852163', '9007199254740991')).size, 2 ** 53 - 1)
  for (const [bad, why] of [
    ['', 'empty'],
    [text.slice(0, -1), 'no last newline'],
    [`${text}\n`, 'an empty line'],
    [`${text}extension\n`, 'an extension line'],
    [`\n${text}`, 'a line too many at the beginning'],
    [text.replace(/\n[^\n]*\n$/, '\n'), 'two lines'],
    [text.replace('20852163', '020852163'), 'a leading zero'],
    [text.replace('20852163', '-1'), 'negative'],
    [text.replace('20852163', '+1'), 'a sign'],
    [text.replace('20852163', '1e3'), 'an exponent'],
    [text.replace('20852163', ' 1'), 'a space'],
    [text.replace('20852163', ''), 'no size'],
    [text.replace('20852163', '0x10'), 'hex'],
    [text.replace('20852163', '9007199254740992'), 'beyond 2^53'],
    [text.replace('q2I=', 'q2I'), 'no padding'],
    [text.replace('q2I=', 'q2J='), 'stray bits'],
    [text.replace('q2I=', 'q2I=='), 'more padding'],
    [text.replace('q2I=', 'q2Iq'), '33 bytes'],
    [text.replace('CsUY', ''), '29 bytes'],
    [text.replace('example.com/behind-the-sofa', ''), 'no origin'],
    [text.replace('behind-the-sofa', 'behind the sofa'), 'a space in the origin'],
    [text.replace('behind-the-sofa', 'x'.repeat(200)), 'a long origin'],
    [text.replace('behind-the-sofa', 'é'), 'an origin beyond ASCII'],
    [text.replaceAll('\n', '\r\n'), 'other line ends'],
  ] as const) {
    t.throws(() => parseCheckpoint(bad), malformed, why)
  }
  const good = parseCheckpoint(text)
  t.throws(() => formatCheckpointText({ ...good, origin: 'a b' }), malformed)
  t.throws(() => formatCheckpointText({ ...good, size: -1 }), malformed)
  t.throws(() => formatCheckpointText({ ...good, size: 2 ** 53 }), malformed)
  t.throws(() => formatCheckpointText({ ...good, root: root.subarray(1) }), malformed)
  t.ok(isOrigin('x'.repeat(200)))
  t.notOk(isOrigin('a\n'))
  t.end()
})

const origin = fc.stringMatching(/^[A-Za-z0-9./-]{1,200}$/)
const size = fc.maxSafeNat()
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })

void t.test('properties of checkpoints', async (t) => {
  t.comment('round trip')
  await checkProperty(
    t,
    fc.property(fc.record({ origin, size, root: hash }), (checkpoint) => {
      const written = formatCheckpointText(checkpoint)
      const read = parseCheckpoint(written)
      return formatCheckpointText(read) === written && toHex(read.root) === toHex(checkpoint.root)
    }),
  )
  t.comment('one text for one statement: what is read is written back the same')
  await checkProperty(
    t,
    fc.property(fc.nat({ max: text.length - 1 }), fc.nat({ max: 126 }), (at, code) => {
      const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
      try {
        return formatCheckpointText(parseCheckpoint(changed)) === changed
      } catch (error) {
        return error instanceof EvidenceError
      }
    }),
    2000,
  )
})

const badProof = { name: 'EvidenceError', code: 'malformed-proof' }

// The hashes of C2SP tlog-proof's example, under tlog-checkpoint's example: the former's signatures are elided.
const hashes = `gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=
EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=
RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=
AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=
`
const proofText = `c2sp.org/tlog-proof@v1\nindex 73894\n${hashes}\n${example}`

void t.test('a tlog-proof', (t) => {
  const proof = parseTlogProof(proofText)
  t.equal(proof.index, 73894)
  t.equal(proof.path.length, 5)
  t.equal(proof.checkpointNote, example)
  t.equal(proof.checkpoint.size, 20852163)
  t.equal(proof.note.signatures.length, 1)
  t.equal(formatTlogProof(proof), proofText)

  const alone = parseTlogProof(`c2sp.org/tlog-proof@v1\nindex 0\n\n${example}`)
  t.equal(alone.index, 0)
  t.same(alone.path, [])
  t.end()
})

void t.test('texts that are no tlog-proof', (t) => {
  for (const [bad, why] of [
    ['', 'empty'],
    [proofText.replace('@v1', '@v2'), 'another version'],
    [proofText.replace('\n\n', '\n').replace('\n\n', '\n'), 'no checkpoint'],
    [`\n${proofText}`, 'an empty first line'],
    [proofText.replace('index', 'extra YWdl\nindex'), 'an extra line'],
    [proofText.replace('index', 'Index'), 'another word'],
    [proofText.replace('index ', 'index'), 'no space'],
    [proofText.replace('index 73894\n', ''), 'no index'],
    [proofText.replace('73894', '073894'), 'a leading zero'],
    [proofText.replace('73894', '-1'), 'negative'],
    [proofText.replace('73894', '1 '), 'a space'],
    [proofText.replace('73894', '9007199254740992'), 'beyond 2^53'],
    [proofText.replace('73894', '20852163'), 'beyond the checkpoint'],
    [proofText.replace('PlQ=', 'PlQ'), 'a hash without padding'],
    [proofText.replace('PlQ=', 'PlR='), 'a hash with stray bits'],
    [proofText.replace('gSKy', ''), 'a short hash'],
    [proofText.replace('gSKy', 'gSKygSKy'), 'a long hash'],
    [proofText.replace(hashes, hashes.repeat(13)), '65 hashes'],
    [proofText.replaceAll('\n', '\r\n'), 'other line ends'],
  ] as const) {
    t.throws(() => parseTlogProof(bad), badProof, why)
  }
  t.throws(() => parseTlogProof(proofText.slice(0, -1)), { code: 'malformed-note' })
  const extended = proofText.replace('q2I=\n', 'q2I=\nmore\n')
  t.throws(() => parseTlogProof(extended), { code: 'malformed-checkpoint' })

  const proof = parseTlogProof(proofText)
  t.throws(() => formatTlogProof({ ...proof, index: -1 }), badProof)
  t.throws(() => formatTlogProof({ ...proof, index: 20852163 }), badProof)
  t.throws(() => formatTlogProof({ ...proof, path: [new Uint8Array(31)] }), badProof)
  t.throws(() => formatTlogProof({ ...proof, checkpointNote: 'x' }), { code: 'malformed-note' })
  t.end()
})

void t.test('properties of tlog-proofs', async (t) => {
  await checkProperty(
    t,
    fc.property(fc.nat({ max: 20852162 }), fc.array(hash, { maxLength: 64 }), (index, path) => {
      const written = formatTlogProof({ index, path, checkpointNote: example })
      const read = parseTlogProof(written)
      return read.index === index && formatTlogProof(read) === written
    }),
  )
})
