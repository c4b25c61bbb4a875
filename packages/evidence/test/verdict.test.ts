import t from 'tap'
import { cannotTell, combine, EvidenceError, invalid, valid, verdictOf } from '../src/index.ts'

void t.test('several checks give one verdict', (t) => {
  const bad = invalid('bad-signature', 'it is bad', 'line 3')
  t.same(combine([valid, valid]), valid)
  t.same(combine([valid, cannotTell('a key'), bad, invalid('later', 'too')]), bad)
  t.same(combine([cannotTell('a key'), valid, cannotTell('a root'), cannotTell('a key')]), {
    status: 'cannot-tell',
    missing: 'a key; a root',
  })
  t.equal(combine([]).status, 'cannot-tell', 'nothing checked is not passed')
  t.notOk(Object.hasOwn(invalid('a', 'b'), 'where'))
  t.end()
})

void t.test('an error while reading gives a verdict', (t) => {
  t.same(verdictOf(new EvidenceError('malformed-json', 'no', { where: 'x' })), {
    status: 'invalid',
    code: 'malformed-json',
    what: 'no',
    where: 'x',
  })
  t.same(verdictOf(new EvidenceError('unknown-format', 'format 2')), cannotTell('format 2'))
  t.same(verdictOf(new EvidenceError('unsupported-algorithm', 'x')), cannotTell('x'))
  const defect = new TypeError('ours')
  t.throws(() => verdictOf(defect), defect, 'a defect of ours is no verdict')
  t.end()
})
