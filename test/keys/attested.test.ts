import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { missingTpmSoftware, SoftwareTpm } from '../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { Installation } from '../portal/installation.ts'

const missing = missingTpmSoftware()

t.setTimeout(10 * 60_000)

await t.test(
  'npm start with a TPM that attests the machine',
  { skip: missing ?? false },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'probant-attested-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const software = new SoftwareTpm(join(folder, 'tpm'))
    const makers = join(folder, 'makers')
    await mkdir(makers)
    await writeFile(join(makers, 'maker.pem'), await readFile(await software.manufacture()))
    await software.start()
    t.teardown(() => software.stop())
    const configuration = join(folder, 'probant.yaml')
    const eventLog = join(folder, 'none')
    const attestation = { tcti: software.tcti, manufacturerRoots: makers, eventLog, pcrs: [0, 7] }
    await writeFile(configuration, JSON.stringify({ attestation }))
    const installation = await Installation.start({ PROBANT_CONFIG: configuration })
    t.teardown(() => installation.stop())
    await installation.probant('agent', 'ship', '--now').catch(() => '')
    const { supervision, supervisionToken } = installation.demo
    const answer = await fetch(`${supervision}/api/v1/boxes`, {
      headers: { authorization: `Bearer ${supervisionToken}` },
    })
    const { items } = (await answer.json()) as { items: object[] }
    // signed by its own TPM; nobody has vouched for the values yet
    t.match(items, [{ attestation: 'mismatch' }])
    await t.rejects(readFile(join(installation.home, 'enrolment-code')), 'the code is gone')
  },
)
