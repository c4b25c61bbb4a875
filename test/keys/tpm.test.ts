import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { missingTpmSoftware, SoftwareTpm } from '../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { Installation } from '../portal/installation.ts'

const run = promisify(execFile)
const missing = missingTpmSoftware()

/** The whole demo with the keys of the box and its agent in a TPM, as its configuration names it. */
t.setTimeout(10 * 60_000)

await t.test('npm start with keys in a TPM', { skip: missing ?? false }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'probant-tpm-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const software = new SoftwareTpm(join(folder, 'tpm'))
  await software.start()
  t.teardown(() => software.stop())
  const configuration = join(folder, 'probant.yaml')
  const keys = { provider: 'tpm2', tcti: software.tcti }
  await writeFile(configuration, JSON.stringify({ keys }))
  const installation = await Installation.start({ PROBANT_CONFIG: configuration })
  t.teardown(() => installation.stop())

  const document = join(folder, 'document.txt')
  await writeFile(document, 'what is signed by a TPM')
  const answer: unknown = JSON.parse(await installation.probant('deposit', document, '--json'))
  const id = typeof answer === 'object' && answer !== null && 'id' in answer ? answer.id : ''
  const bundle = join(folder, 'bundle.zip')
  const fetched = ['--output', join(folder, 'again.txt'), '--proof', bundle]
  await installation.probant('get', String(id), ...fetched)
  const trusted = ['--anchors', installation.demo.anchors, '--document', document]
  t.match(await installation.probant('verify', bundle, ...trusted), /Answer: VALID/)
  t.match(await installation.probant('agent', 'ship', '--now'), /findings: none/)
  t.match(await installation.probant('box', 'fsck'), /All is as it was written/)

  const status = await installation.probant('box', 'status')
  t.match(status, /keys {7}tpm2: kept in the TPM at swtpm:/)
  t.match(status, /signing keys \(journal ec-p256, lat ec-p256, .*\) cannot leave the hardware/)
  t.match(status, /vaults wrapping-aes-256 \(aes-256-gcm\), which the provider opens into memory/)
  t.match(status, /WARNING.*The TPM .* is a program/)

  await t.test('no file holds a private key', async (t) => {
    for (const part of ['box', 'agent']) {
      const place = join(installation.home, 'keys', part)
      for (const name of await readdir(place)) {
        const text = await readFile(join(place, name), 'utf8')
        t.notMatch(text, /pkcs8|"raw"/, `${part}/${name}`)
      }
    }
  })

  await t.test('a copy of the disk beside another TPM', async (t) => {
    const other = new SoftwareTpm(join(folder, 'other-tpm'))
    await other.start()
    t.teardown(() => other.stop())
    const copy = join(folder, 'copied-keys')
    await cp(join(installation.home, 'keys', 'box'), copy, { recursive: true })
    const path = join(installation.home, 'settings', 'appliance.json')
    const text = (await readFile(path, 'utf8')).replace(software.tcti, other.tcti)
    const settings = join(folder, 'appliance.json')
    await writeFile(settings, text.replace(join(installation.home, 'keys', 'box'), copy))
    const refused = /made in another TPM, and nothing can be opened or signed with them here/
    for (const command of ['status', 'fsck']) {
      const tried = installation.probant('box', command, '--settings', settings)
      t.match(await complaint(tried), refused, `box ${command}`)
    }
    const main = new URL('../../appliance/src/main.ts', import.meta.url).pathname
    const started = run(process.execPath, [main, '--settings', settings])
    t.match(await complaint(started), refused, 'the service does not start')
  })

  await t.test('keys that a TPM lost are said to be so', async (t) => {
    await software.stop()
    const tried = installation.probant('box', 'status')
    t.match(await complaint(tried), /The TPM can't be reached by swtpm:/)
    await software.start()
    t.match(await installation.probant('agent', 'ship', '--now'), /findings: none/)
  })
})

/** What a command says that has to fail. */
async function complaint(command: Promise<unknown>): Promise<string> {
  const error: unknown = await command.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Error) || !('stderr' in error) || !('stdout' in error)) return 'no failure'
  return `${String(error.stdout)}${String(error.stderr)}`
}
