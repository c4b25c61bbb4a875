import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const folder = new URL('..', import.meta.url).pathname

await t.test('as others install it, it loads and names its errors', (t) => {
  execFileSync(process.execPath, [join(folder, 'publication', 'build.ts')])
  const modules = join(t.testdir(), 'node_modules')
  mkdirSync(join(modules, '@probant'), { recursive: true })
  cpSync(join(folder, 'dist'), join(modules, '@probant', 'tpm2-tss-bindings'), { recursive: true })
  symlinkSync(dirname(fileURLToPath(import.meta.resolve('koffi'))), join(modules, 'koffi'))
  const source = `
    import { Tpm } from '@probant/tpm2-tss-bindings'
    import { Tpm2Error } from '@probant/tpm2-tss-bindings/wire'
    const tpm = new Tpm({ tcti: 'device:/dev/none' })
    await tpm.use(() => undefined).catch((e) => console.log(e instanceof Tpm2Error, e.code))`
  const options = { cwd: t.testdirName, encoding: 'utf8' } as const
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', source], options)
  t.match(said, /^true (no-connection|libraries-missing)\n$/)
  t.end()
})
