import t from 'tap'
import {
  compareHeads,
  CompactRange,
  consistencyProof,
  cosignatureLine,
  cosignatureMessage,
  formatCheckpointText,
  formatNote,
  fromUtf8,
  headLogLeaf,
  headLogOrigin,
  leafHash,
  parseHeadLogLeaf,
  signatureLine,
  toHex,
  utf8,
  verifyHeadLogNote,
} from '../src/index.ts'
import type { Checkpoint } from '../src/index.ts'
import {
  testCrypto as crypto,
  testSigner,
  withoutAlgorithm,
  type TestSigner,
} from './test-crypto.ts'

const box = formatCheckpointText({ origin: 'box-7/1', size: 12, root: new Uint8Array(32).fill(7) })
const centre = testSigner('centre.example', 4)
const origin = headLogOrigin('centre.example')

/** A log of so many cosigned heads; others from one on where `fork` says so. */
function log(size: number, fork = size) {
  const nodes = new Map<string, Uint8Array>()
  const range = new CompactRange(crypto)
  for (let at = 0; at < size; at++) {
    const leaf = headLogLeaf(crypto, box, at < fork ? at : at + 1000)
    range.append(leafHash(crypto, leaf), (level, index, hash) =>
      nodes.set(`${level}/${index}`, hash),
    )
  }
  const node = (level: number, index: number) => nodes.get(`${level}/${index}`) ?? new Uint8Array()
  return { head: { origin, size, root: range.root() } satisfies Checkpoint, node }
}

function signed(text: string, by: TestSigner, time = 1_772_366_520): string {
  const { key } = by
  const type = key.type === 6 ? 6 : 4
  const message = cosignatureMessage({ name: key.name, type }, text, time)
  return cosignatureLine(key, time, by.sign(message))
}

void t.test('a leaf is made from the checkpoint and the time of the cosignature', (t) => {
  const leaf = headLogLeaf(crypto, box, 1_772_366_520)
  const checkpointSha256 = toHex(crypto.hash('sha256', utf8(box)))
  const said = { origin: 'box-7/1', size: 12, root: '07'.repeat(32), checkpointSha256 }
  t.same(parseHeadLogLeaf(leaf), { ...said, time: 1_772_366_520 })
  const changed = (from: string, to: string) => () =>
    parseHeadLogLeaf(utf8(fromUtf8(leaf).replace(from, to)))
  t.throws(changed('"size":12', '"size":-1'), { code: 'malformed-log-entry' })
  t.throws(changed('box-7/1', 'box 7'), { code: 'malformed-log-entry' })
  t.throws(changed('"format":1', '"format":2'), { code: 'unknown-format' })
  t.throws(changed('"size"', '"sizes"'), { code: 'malformed-log-entry' })
  t.throws(changed('{', '{ '), { code: 'not-canonical' })
  t.throws(() => headLogLeaf(crypto, 'nothing', 1), { code: 'malformed-checkpoint' })
  t.end()
})

void t.test('the witness signs its own log', async (t) => {
  const text = formatCheckpointText(log(3).head)
  const keys = [centre.key]
  const good = formatNote(text, [signed(text, centre)])
  t.match(await verifyHeadLogNote(crypto, good, keys), {
    verdict: { status: 'valid' },
    checkpoint: { origin, size: 3 },
    timestamp: 1_772_366_520,
  })
  const verdictOf = async (note: string, by = keys, using = crypto) =>
    (await verifyHeadLogNote(using, note, by)).verdict
  const postQuantum = testSigner('centre.example', 6)
  const both = formatNote(text, [signed(text, centre), signed(text, postQuantum)])
  t.match(await verdictOf(both, [centre.key, postQuantum.key]), { status: 'valid' })
  const older = withoutAlgorithm('ml-dsa-44')
  t.match(await verdictOf(both, [postQuantum.key], older), { status: 'cannot-tell' })
  t.match(await verdictOf(both, [centre.key, postQuantum.key], older), { status: 'valid' })
  const spoilt = formatNote(text, [
    signed(text, centre),
    cosignatureLine(postQuantum.key, 1, new Uint8Array(2420)),
  ])
  const bad = { status: 'invalid', code: 'bad-signature' }
  t.match(await verdictOf(spoilt, [centre.key, postQuantum.key]), bad, 'one bad line spoils it')
  const stranger = testSigner('centre.example', 4)
  const wrong = { status: 'invalid', code: 'wrong-key' }
  t.match(await verdictOf(formatNote(text, [signed(text, stranger)])), wrong)
  t.match(await verdictOf(good, [testSigner('another', 4).key]), wrong, 'the log of another')
  t.match(await verdictOf(good, []), wrong)
  const plain = formatNote(text, [
    signatureLine('centre.example', centre.key.keyId, new Uint8Array(64)),
  ])
  t.match(await verdictOf(plain), bad, 'no cosignature')
  t.match(await verdictOf('nothing'), { status: 'invalid', code: 'malformed-note' })
  const notOurs = { ...crypto, verify: () => Promise.reject(new Error('a defect')) }
  await t.rejects(verifyHeadLogNote(notOurs, good, keys), { message: 'a defect' })
})

void t.test('two heads of one log', async (t) => {
  const [five, nine, forked, forkedNine] = [log(5), log(9), log(5, 2), log(9, 2)]
  const proof = await consistencyProof(crypto, nine, 5, 9)
  t.equal(compareHeads(crypto, five.head, nine.head, proof), 'consistent')
  t.equal(compareHeads(crypto, nine.head, five.head, proof), 'consistent', 'in any order')
  t.equal(compareHeads(crypto, five.head, five.head), 'consistent')
  t.equal(compareHeads(crypto, log(0).head, nine.head), 'consistent')
  t.equal(compareHeads(crypto, five.head, forked.head), 'split-view')
  t.equal(compareHeads(crypto, five.head, nine.head), 'not-shown', 'without a proof')
  const others = await consistencyProof(crypto, forkedNine, 5, 9)
  t.equal(compareHeads(crypto, five.head, forkedNine.head, others), 'not-shown')
  t.equal(compareHeads(crypto, five.head, forkedNine.head, proof), 'not-shown')
})
