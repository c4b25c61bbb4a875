import { execFileSync } from 'node:child_process'
import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import source from '../package.json' with { type: 'json' }

/**
 * Writes `dist/`, the package as others install it: Node strips types in a workspace, but not inside `node_modules`. Which licence it
 * has, and whether it may be published, is for its owner to say in package.json.
 */
const folder = join(import.meta.dirname, '..')
const dist = join(folder, 'dist')
rmSync(dist, { recursive: true, force: true })
const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const settings = join(import.meta.dirname, 'tsconfig.json')
execFileSync(process.execPath, [compiler, '--project', settings], { stdio: 'inherit' })
copyFileSync(join(folder, 'README.md'), join(dist, 'README.md'))
const { scripts, ...described } = source
const published = (path: string) => {
  const built = path.replace('./src/', './').replace(/\.ts$/, '')
  return { types: `${built}.d.ts`, default: `${built}.js` }
}
const exports = Object.fromEntries(
  Object.entries(source.exports).map(([name, path]) => [name, published(path)]),
)
const description = { ...described, exports, engines: { node: '>=24' } }
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(description, undefined, 2)}\n`)
