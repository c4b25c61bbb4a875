import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { renameDurably, syncFolder, writeDurably } from '../src/index.ts'

await t.test('a durable write replaces the whole file, with the asked mode', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'settings.json')
  await writeDurably(path, 'first, and longer')
  await writeDurably(path, new TextEncoder().encode('second'))
  t.equal(await readFile(path, 'utf8'), 'second')
  t.equal((await stat(path)).mode & 0o777, 0o600)
  const umask = process.umask(0o077)
  t.teardown(() => process.umask(umask))
  await writeDurably(path, 'third', 0o644)
  t.equal((await stat(path)).mode & 0o777, 0o644)
  t.strictSame(await readdir(folder), ['settings.json'])
})

await t.test('a failed write leaves what was there, and no staging file', async (t) => {
  const folder = t.testdir({ occupied: { inside: 'kept' } })
  await t.rejects(writeDurably(join(folder, 'occupied'), 'x'), { code: /EISDIR|ENOTEMPTY|EEXIST/ })
  t.strictSame(await readdir(folder), ['occupied'])
  t.equal(await readFile(join(folder, 'occupied/inside'), 'utf8'), 'kept')
  await t.rejects(writeDurably(join(folder, 'absent/file'), 'x'), { code: 'ENOENT' })
})

await t.test('readers see the old content or the new, never a part', async (t) => {
  const path = join(t.testdir(), 'state')
  const versions = ['a', 'b'].map((letter) => letter.repeat(1_000_000))
  await writeDurably(path, versions[0] ?? '')
  const written = new AbortController()
  const writing = (async () => {
    for (let round = 0; round < 20; round++) await writeDurably(path, versions[round % 2] ?? '')
    written.abort()
  })()
  const seen = new Set<string>()
  while (!written.signal.aborted) {
    const text = await readFile(path, 'utf8')
    seen.add(versions.includes(text) ? 'whole' : `part of ${text.length}`)
  }
  await writing
  t.strictSame([...seen], ['whole'])
})

await t.test('a durable rename moves between folders and replaces', async (t) => {
  const folder = t.testdir({ staging: { one: 'new' }, store: { one: 'old' } })
  await renameDurably(join(folder, 'staging/one'), join(folder, 'store/one'))
  t.equal(await readFile(join(folder, 'store/one'), 'utf8'), 'new')
  t.strictSame(await readdir(join(folder, 'staging')), [])
  await t.rejects(renameDurably(join(folder, 'staging/one'), join(folder, 'store/one')), {
    code: 'ENOENT',
  })
  await syncFolder(folder)
  await t.rejects(syncFolder(join(folder, 'absent')), { code: 'ENOENT' })
})
