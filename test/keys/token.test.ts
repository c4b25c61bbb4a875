import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { noSoftHsm, SoftHsm } from '../../packages/keys/test/pkcs11/softhsm.ts'
import { Installation } from '../portal/installation.ts'

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
  t.match(
    status,
    /vault keys .* of their epochs, those by vaults wrapping-aes-256 \(aes-256-gcm\), and opened/,
  )
  t.match(status, /WARNING.*no hardware/, 'SoftHSM is taken for what it is')
  t.same(await readdir(join(installation.home, 'keys', 'box')), [], 'no key of the box is a file')
  t.same(await readdir(join(installation.home, 'keys', 'agent')), [])
  t.match(await hsm.tool('--list-objects', '--type', 'privkey'), /agent-ssh/)
  t.match(await installation.probant('box', 'fsck'), /All is as it was written/)
})
