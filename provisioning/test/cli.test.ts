import { spawnSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { Command } from 'commander'
import t from 'tap'
import { CommandModules } from '../cli/modules.ts'
import { repositoryRoot } from '../src/installation/layout.ts'

const entry = join(repositoryRoot, 'provisioning/cli/probant.cjs')

function probant(words: readonly string[], variables: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...words], {
    encoding: 'utf8',
    env: { ...process.env, PROBANT_HOME: '/nowhere', ...variables },
  })
  return { status, stdout, stderr }
}

void t.test('help and version are answers, anything not understood is bad usage', (t) => {
  t.match(probant(['--version']), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' })
  const help = probant(['--help'])
  t.equal(help.status, 0)
  t.equal(help.stderr, '', 'every command module loads')
  for (const command of ['verify', 'journal', 'deposit', 'get', 'box', 'agent', 'supervisor'])
    t.match(help.stdout, new RegExp(`^  ${command} `, 'm'))
  t.match(probant([]), { status: 2, stderr: /Usage: probant/ })
  t.match(probant(['nonsense']), { status: 2, stderr: /unknown command 'nonsense'/ })
  t.match(probant(['verify']), { status: 2, stderr: /missing required argument/ })
  t.match(probant(['verify', '--no-such', 'x']), {
    status: 2,
    stderr: /unknown option '--no-such'/,
  })
  t.end()
})

void t.test('an error is one sentence, without a stack', (t) => {
  for (const [words, ports, expected] of [
    [['agent', 'ship', '--now'], '8080', { status: 2, stderr: /\/nowhere/ }],
    [['box', 'status'], 'eighty', { status: 2, stderr: /^PROBANT_PORTS is "eighty", but/ }],
  ] as const) {
    const answer = probant(words, { PROBANT_PORTS: ports })
    t.match(answer, expected)
    t.equal(answer.stderr.trim().split('\n').length, 1, answer.stderr)
  }
  t.end()
})

void t.test('a module that does not load breaks no other', async (t) => {
  const folder = t.testdir({
    'good.mjs': `export function register(program, { home }) {
      program.command('good').action(() => program.setOptionValue('seen', home))
    }`,
    'broken.mjs': `throw new Error('not today\\nsecond line')`,
    'empty.mjs': 'export const nothing = true',
  })
  const owner = (command: string) => ({
    commands: [command],
    file: relative(repositoryRoot, join(folder, `${command}.mjs`)),
  })
  const modules = new CommandModules({ home: '/home' }, ['broken', 'good', 'empty'].map(owner))
  const program = new Command()
  t.match(await modules.registerFor(program, undefined), [
    /^The commands broken can't be loaded: not today$/,
    /^The commands empty can't be loaded: .* exports no register$/,
  ])
  await program.parseAsync(['good'], { from: 'user' })
  t.equal(program.opts()['seen'], '/home')
  await t.rejects(modules.registerFor(new Command(), 'broken'), /not today/)
  t.same(await modules.registerFor(new Command(), 'good'), [])
})
