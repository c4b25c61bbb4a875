import t from 'tap'
import { present } from '../src/present.ts'

void t.test('what has to be there', (t) => {
  t.equal(present(0), 0)
  t.equal(present(null), null)
  t.equal(present(''), '')
  t.throws(() => present(undefined), { name: 'Error' }, 'no EvidenceError: a fault of ours')
  t.end()
})
