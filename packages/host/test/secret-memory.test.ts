import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'

const MODULE = join(import.meta.dirname, '../src/secret-memory.ts')
const env = { PATH: process.env['PATH'] }
const guarded = `import { guardMemory } from ${JSON.stringify(MODULE)}
  const shortfalls = guardMemory()`
const isRoot = process.getuid?.() === 0
const coresAreFiles = !/[|/]/.test(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'))

/** Runs a program that aborts where a core may be written. @returns the files it left */
function abortIn(t: Test, folder: string, before: string): string[] {
  const program = `${before}; process.abort()`
  const words = ['-c', 'ulimit -S -c unlimited; exec "$@"', 'sh', process.execPath]
  const { signal } = spawnSync('sh', [...words, '--input-type=module', '-e', program], {
    cwd: folder,
    env,
  })
  t.equal(signal, 'SIGABRT')
  return readdirSync(folder)
}

const written = {
  skip: coresAreFiles ? false : 'this machine hands core dumps to a program',
}

await t.test('a process that guards its memory leaves no core dump', written, (t) => {
  t.same(abortIn(t, t.testdir({}), guarded), [])
  t.not(abortIn(t, t.testdir({}), '').length, 0, 'one that does not leaves one')
  t.end()
})

const asSomebody = ['setpriv', '--reuid=1', '--regid=1', '--clear-groups', '--']
const canRead = spawnSync('test', ['-r', MODULE], { uid: isRoot ? 1 : undefined }).status === 0
const others = {
  skip: isRoot && canRead ? false : 'needs root, and a clone that all may read',
}

await t.test('nor can another process of its user read it', others, async (t) => {
  const reads = async (program: string): Promise<boolean> => {
    const wait = `${program}; process.stdout.write('ready'); setInterval(() => {}, 1000)`
    const words = [...asSomebody, process.execPath, '--input-type=module', '-e', wait]
    const child = spawn(words[0] ?? '', words.slice(1), { env, cwd: '/' })
    try {
      await once(child.stdout, 'data')
      const file = `/proc/${child.pid}/maps`
      return spawnSync('cat', [file], { uid: 1, gid: 1 }).status === 0
    } finally {
      child.kill('SIGKILL')
      await once(child, 'close')
    }
  }
  t.equal(await reads(guarded), false)
  t.equal(await reads(''), true, 'the memory of one that does not guard it can be read')
})

await t.test('guarding asks for nothing that an ordinary user may not do', (t) => {
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `${guarded}; console.log(JSON.stringify(shortfalls))`],
    { env, encoding: 'utf8', ...(isRoot && canRead ? { uid: 1, gid: 1 } : {}), cwd: '/' },
  )
  t.equal(status, 0)
  t.same(JSON.parse(stdout), [])
  t.end()
})
