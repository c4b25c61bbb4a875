import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { noSoftHsm, PIN, SoftHsm } from '../../packages/keys/test/pkcs11/softhsm.ts'
import { Installation } from '../portal/installation.ts'

const run = promisify(execFile)

/** The whole demo with the keys of the box and its agent in a SoftHSM token, as its configuration names it. */
t.setTimeout(10 * 60_000)

await t.test('npm start with keys in a token', { skip: noSoftHsm }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'probant-token-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const hsm = await SoftHsm.create(join(folder, 'hsm'), 'box-7')
  const { module, pin, tokenLabel } = hsm.settings
  const configuration = join(folder, 'probant.yaml')
  await writeFile(
    configuration,
    JSON.stringify({ keys: { provider: 'pkcs11', module, tokenLabel, pin } }),
  )
  const installation = await Installation.start({ PROBANT_CONFIG: configuration })
  t.teardown(() => installation.stop())
  const document = join(folder, 'document.txt')
  await writeFile(document, 'what is signed by a token')

  const deposited = JSON.parse(await installation.probant('deposit', document, '--json')) as {
    id: string
  }
  const bundle = join(folder, 'bundle.zip')
  await installation.probant(
    'get',
    deposited.id,
    '--output',
    join(folder, 'again.txt'),
    '--proof',
    bundle,
  )
  const anchors = ['--anchors', installation.demo.anchors]
  t.match(
    await installation.probant('verify', bundle, ...anchors, '--document', document),
    /\bvalid/i,
  )
  t.match(await installation.probant('agent', 'ship', '--now'), /findings: none/)

  const status = await installation.probant('box', 'status')
  t.match(status, /keys {7}pkcs11: kept in token "box-7"/)
  t.match(status, /signing keys \(journal ec-p256, lat ec-p256, .*\) are in files/)
  t.match(status, /vault keys are enclosed by vaults wrapping-aes-256 \(aes-256-gcm\), and opened/)
  t.match(status, /WARNING.*no hardware/, 'SoftHSM is taken for what it is')
  t.same(await readdir(join(installation.home, 'keys', 'box')), [], 'no key of the box is a file')
  t.same(await readdir(join(installation.home, 'keys', 'agent')), [])
  t.match(await hsm.tool('--list-objects', '--type', 'privkey'), /agent-ssh/)
  t.match(await installation.probant('box', 'fsck'), /All is as it was written/)

  const holding = await run('grep', ['-rlaF', PIN, installation.home]).catch((error: unknown) =>
    error instanceof Error && 'code' in error && error.code === 1 ? { stdout: '' } : error,
  )
  t.match(holding, { stdout: /^$/ }, 'the PIN is in no file of the installation')
  for (const pid of await processesOf(installation.home))
    for (const what of ['cmdline', 'environ'])
      t.notOk((await readFile(`/proc/${pid}/${what}`)).includes(PIN), `nor in ${what} of ${pid}`)
})

/** Its parts, and what they started: whoever has the installation's folder in its environment or arguments. */
async function processesOf(home: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const speaksOfHome = async (pid: string) => {
    const texts = [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`].map((path) =>
      readFile(path).catch(() => Buffer.alloc(0)),
    )
    return (await Promise.all(texts)).some((text) => text.includes(home))
  }
  const answers = await Promise.all(pids.map(speaksOfHome))
  const found = pids.filter((pid, index) => answers[index] === true && Number(pid) !== process.pid)
  if (found.length < 3) throw new Error(`only ${found.length} processes of ${home} are found`)
  return found
}
