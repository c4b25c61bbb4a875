import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What Debian 13's openssl is linked with. */
const packages = ['openssl', 'libssl3t64', 'libzstd1', 'zlib1g', 'libc6']

/**
 * Debian 13's openssl in a folder of its own, from the mirror and under the keys of this machine's apt; nothing of the machine changes.
 * @returns a folder for PATH that holds it, or why it can't be had
 */
export function debian13Openssl(folder: string): { path: string } | { missing: string } {
  const sources = sourcesOf('trixie')
  if (sources === undefined) return { missing: 'apt knows no mirror of Debian' }
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'debs', 'root', 'bin'])
    mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'sources.list'), sources)
  writeFileSync(join(folder, 'status'), '')
  const options = {
    'Dir::Etc::SourceList': join(folder, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': join(folder, 'state'),
    'Dir::State::Status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'APT::Sandbox::User': 'root',
  }
  const apt = (...words: string[]) =>
    run(
      'apt-get',
      [
        '-q',
        ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
      ].concat(words),
      join(folder, 'debs'),
    )
  const failed = apt('update') ?? apt('download', ...packages)
  if (failed !== undefined) return { missing: failed }
  const root = join(folder, 'root')
  for (const name of readdirSync(join(folder, 'debs'))) {
    const wrong = run('dpkg-deb', ['-x', join(folder, 'debs', name), root], folder)
    if (wrong !== undefined) return { missing: wrong }
  }
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu')
  const program = join(folder, 'bin', 'openssl')
  writeFileSync(
    program,
    `#!/bin/sh
OPENSSL_CONF=/dev/null OPENSSL_MODULES=${libraries}/ossl-modules exec \\
  ${libraries}/ld-linux-x86-64.so.2 --library-path ${libraries} ${root}/usr/bin/openssl "$@"
`,
  )
  chmodSync(program, 0o755)
  const wrong = run(program, ['version'], folder)
  return wrong === undefined ? { path: join(folder, 'bin') } : { missing: wrong }
}

/** The machine's own mirror of Debian, with another suite. */
function sourcesOf(suite: string): string | undefined {
  const format = '$(REPO_URI) $(CODENAME) $(COMPONENT)'
  const { status, stdout } = spawnSync('apt-get', ['indextargets', '--format', format], {
    encoding: 'utf8',
  })
  const uri = /^(\S+\/debian\/?) (?:bookworm|trixie) main$/m.exec(stdout)?.[1]
  if (status !== 0 || uri === undefined) return undefined
  return `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${uri} ${suite} main\n`
}

/** What went wrong. */
function run(program: string, words: readonly string[], cwd: string): string | undefined {
  const { status, error, stderr } = spawnSync(program, words, { cwd, encoding: 'utf8' })
  if (status === 0) return undefined
  return `${program} ${words.at(-1) ?? ''}: ${error?.message ?? stderr.trim()}`
}
