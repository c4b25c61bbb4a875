import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { testFiles } from './files.ts'

void t.test('what suites name or cover does not run twice', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'probant-files-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  const write = (file: string, text = '') => {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  write('box/test/named.test.ts')
  write('box/test/other.test.ts')
  write('box/test/other.ts')
  write('packages/proof/test/all.test.ts')
  write('node_modules/x/test/theirs.test.ts')
  write('test/acceptance/b.test.ts', `await holds(t, 'box/test/named.test.ts')`)
  write('test/acceptance/a.test.ts', `covered(t, 'packages/proof')`)
  t.same(testFiles(root), [
    'box/test/other.test.ts',
    'test/acceptance/a.test.ts',
    'test/acceptance/b.test.ts',
  ])
  t.end()
})
