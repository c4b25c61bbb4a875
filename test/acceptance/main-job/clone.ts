import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { access, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const project = new URL('../../../', import.meta.url).pathname

/** Tools that a machine with npm and nothing else doesn't have. */
const COMPILERS =
  /^(g?cc|g\+\+|c\+\+|cpp|c[89]9.*|clang.*|g?make|cmake|ninja|python.*|pypy.*|node-gyp|ld(\..*)?|as|x86_64-linux-gnu-(gcc|g\+\+|cpp|ld|as).*)(-[\d.]+)?$/

/** A fresh copy of the project in a folder of its own, as a newcomer has it. */
export interface Clone {
  readonly folder: string
  /** Environment with an empty home folder and no compiler in PATH. */
  readonly env: NodeJS.ProcessEnv
  remove(): Promise<void>
}

/** Copies what git knows or would add, no more: no node_modules, no data, nothing beside the project. */
export async function freshClone(): Promise<Clone> {
  const base = await mkdtemp(join(await parentFolder(), 'probant-main-job-'))
  const folder = join(base, 'a-path-that-is-longer-than-most'.repeat(3), 'probant')
  const home = join(base, 'home')
  await mkdir(folder, { recursive: true })
  await mkdir(home)
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: project,
    maxBuffer: 64 * 1024 * 1024,
  })
  await copy(
    stdout.split('\0').filter((name) => name !== ''),
    folder,
  )
  return {
    folder,
    env: {
      PATH: await toolsWithoutCompilers(join(base, 'bin')),
      HOME: home,
      LANG: 'C.UTF-8',
      TMPDIR: tmpdir(),
      ...(process.env['CI'] === undefined ? {} : { CI: process.env['CI'] }),
    },
    remove: () => rm(base, { recursive: true, force: true }),
  }
}

/** Under /root where we may: an unprivileged database server can't look into it, which must not matter. */
async function parentFolder(): Promise<string> {
  return access('/root', constants.W_OK).then(
    () => '/root',
    () => tmpdir(),
  )
}

async function copy(names: readonly string[], folder: string): Promise<void> {
  const packing = spawn('tar', [
    '-C',
    project,
    '--null',
    '--ignore-failed-read',
    '-cf',
    '-',
    '-T',
    '-',
  ])
  const unpacking = spawn('tar', ['-C', folder, '-xf', '-'])
  packing.stdout.pipe(unpacking.stdin)
  packing.stdin.end(names.join('\0'))
  await Promise.all([ended(packing), ended(unpacking)])
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${child.spawnfile} ended with ${String(code)}`)),
    )
  })
}

/** A folder of links to every tool of this machine that is not a compiler. */
async function toolsWithoutCompilers(folder: string): Promise<string> {
  await mkdir(folder)
  const paths = (process.env['PATH'] ?? '/usr/bin').split(':')
  const machine = paths.filter((path) => !path.includes('node_modules') && !path.includes('pyenv'))
  const taken = new Set<string>()
  for (const path of machine)
    for (const name of await readdir(path).catch(() => [])) {
      if (COMPILERS.test(name) || taken.has(name)) continue
      taken.add(name)
      await symlink(join(path, name), join(folder, name))
    }
  return folder
}
