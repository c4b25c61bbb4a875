import t from 'tap'
import { parseNote } from '@probant/evidence'
import { formatAddCheckpoint, parseAddCheckpoint, parseTlogSize } from '../src/index.ts'

// The example of C2SP tlog-witness.
const example = `old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`

void t.test('the example of the standard is read, and written the same', (t) => {
  const head = parseAddCheckpoint(example)
  t.match(head, { oldSize: 20852014, proof: { length: 4 } })
  t.equal(parseNote(head.note).signatures.length, 2)
  t.equal(formatAddCheckpoint(head), example)
  const first = { oldSize: 0, proof: [], note: head.note }
  t.equal(formatAddCheckpoint(first), `old 0\n\n${head.note}`)
  t.strictSame(parseAddCheckpoint(formatAddCheckpoint(first)), first)
  t.end()
})

void t.test('anything else is refused', (t) => {
  const hash = 'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n'
  for (const [name, body] of [
    ['nothing', ''],
    ['no empty line', 'old 1\n'],
    ['no old size', `${hash}\nnote`],
    ['a leading zero', 'old 01\n\nnote'],
    ['a negative size', 'old -1\n\nnote'],
    ['a size beyond 2^53', 'old 9007199254740993\n\nnote'],
    ['a hash of another length', 'old 1\nAAAA\n\nnote'],
    ['a line that is not base64', 'old 1\n****\n\nnote'],
    ['64 hashes', `old 1\n${hash.repeat(64)}\nnote`],
    ['carriage returns', 'old 1\r\n\r\nnote'],
  ] as const)
    t.throws(() => parseAddCheckpoint(body), { code: 'malformed-message' }, name)
  t.equal(parseAddCheckpoint(`old 1\n${hash.repeat(63)}\nnote`).proof.length, 63)
  t.end()
})

void t.test('the size in an answer', (t) => {
  t.equal(parseTlogSize('20852014\n'), 20852014)
  t.equal(parseTlogSize('0\n'), 0)
  for (const body of ['', '1', '01\n', '1\n\n', '-1\n', '9007199254740993\n'])
    t.equal(parseTlogSize(body), undefined, JSON.stringify(body))
  t.end()
})
