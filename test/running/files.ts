import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What a whole run carries out, each file once: the acceptance suites, which run what they name as programs of their own, and every test
 * file that no suite names.
 * @param root of the project
 * @returns paths relative to it
 */
export function testFiles(root: string): string[] {
  const all = globSync('**/test/**/*.test.ts', {
    cwd: root,
    exclude: (name) => name === 'node_modules' || name === '.probant',
  })
  const suites = all.filter((file) => file.startsWith('test/acceptance/'))
  const named = suites.map((file) => readFileSync(join(root, file), 'utf8')).join('\n')
  const others = all.filter(
    (file) => !suites.includes(file) && !named.includes(`'${file}'`) && !isCovered(file, named),
  )
  return [...suites, ...others].sort()
}

/** A suite may run all tests of a package at once, to see what they reach. */
const isCovered = (file: string, named: string): boolean =>
  [...named.matchAll(/\bcovered\(t, '([^']+)'\)/g)].some(([, workspace]) =>
    file.startsWith(`${workspace ?? ''}/`),
  )
