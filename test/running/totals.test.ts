import t from 'tap'
import type { Point } from './protocol.ts'
import { failures } from './report.ts'
import { add, countTests } from './totals.ts'

const ok = (name: string, ...points: Point[]): Point => ({
  name,
  isOk: points.every(({ isOk }) => isOk),
  skipped: undefined,
  diagnosis: undefined,
  points,
})
const failed = (name: string, ...points: Point[]): Point => ({
  ...ok(name, ...points),
  isOk: false,
})
const skipped = (name: string): Point => ({ ...ok(name), skipped: 'no ../shared' })

void t.test('named tests are counted, not assertions', (t) => {
  const file = ok('a.test.ts', ok('one', ok('1'), ok('2')), ok('two', ok('3')), skipped('three'))
  t.same(countTests(file), { passed: 2, failed: 0, skipped: 1 })
  const nested = ok('b.test.ts', ok('outer', ok('inner', ok('1')), ok('2'), ok('3')))
  t.same(countTests(nested), { passed: 2, failed: 0, skipped: 0 })
  t.same(countTests(skipped('c.test.ts')), { passed: 0, failed: 0, skipped: 1 })
  t.end()
})

void t.test('a failure is never lost', (t) => {
  const file = ok('a.test.ts', ok('one', failed('1'), ok('2')), ok('two', ok('3')))
  t.same(countTests(file), { passed: 1, failed: 1, skipped: 0 })
  const crashed = failed('b.test.ts', ok('one', ok('1')))
  t.same(countTests(crashed), { passed: 1, failed: 1, skipped: 0 })
  t.same(countTests(failed('c.test.ts')), { passed: 0, failed: 1, skipped: 0 })
  t.same(add([countTests(file), countTests(crashed)]), { passed: 2, failed: 2, skipped: 0 })
  t.match(failures(file, []), [/✗ one › 1$/])
  t.match(failures(crashed, []), [/✗ b\.test\.ts$/])
  t.end()
})
