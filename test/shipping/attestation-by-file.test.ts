import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { exportFromBox } from '../../agent/src/command-line/export.ts'
import { missingTpmSoftware } from '../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { importFiles } from '../../supervisor/src/commands/import.ts'
import { AttestedBox } from './attested-box.ts'

// A box with a TPM and without a route: each export states the machine over the nonce of the receipt that came back last.

const missing = missingTpmSoftware()

await t.test('quotes by file', missing === undefined ? {} : { skip: missing }, async (t) => {
  const attested = await AttestedBox.open(t)
  const { centre, box } = attested
  const folder = await mkdtemp(join(tmpdir(), 'probant-sticks-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const settingsFile = join(folder, 'supervisor.json')
  await writeFile(settingsFile, JSON.stringify(centre.settings))
  let sticks = 0
  const carry = async (tcti = attested.software.tcti) => {
    const stick = join(folder, `stick-${++sticks}`)
    return { stick, report: await exportFromBox(attested.attesting(tcti), stick, undefined) }
  }
  const bring = async (stick: string) => {
    const names = (await readdir(stick)).filter((name) => /\.(segment|attestation)$/.test(name))
    return importFiles(
      settingsFile,
      names.map((name) => join(stick, name)),
      true,
    )
  }
  const takeBack = async (stick: string) => {
    const name = (await readdir(stick)).findLast((each) => each.endsWith('.receipt')) ?? ''
    const receipt = await readFile(join(stick, name), 'utf8')
    return attested.withAgent((agent) => agent.takeReceipt(receipt))
  }
  const found = async () =>
    (await centre.findings('box-7')).map(
      ({ kind, expected, found }) => `${kind}: ${expected}: ${found}`,
    )
  const state = async () => (await centre.api('GET', '/boxes/box-7')).body

  await attested.enrol()
  await box.append(3)
  const first = await carry()
  t.match(first.report, { attestation: { name: 'box-7_1.attestation' } })
  // nobody vouches for the values yet, which is all that is wrong with the first one
  t.equal(await bring(first.stick), 1)
  const [only, ...more] = await found()
  t.match(only, /attestation-mismatch: .*at reset/)
  t.same(more, [])
  t.match(await state(), { attestation: 'mismatch', lastShipment: { size: 3 } })
  t.equal(await bring(first.stick), 0, 'the same export again changes nothing')
  t.equal((await found()).length, 1)
  t.same(await takeBack(first.stick), { receiptSize: 3 })

  await box.append(2)
  const second = await carry()
  t.equal(second.report.from, 3)
  await bring(second.stick)
  t.equal((await found()).length, 1, 'over the nonce of the receipt: nothing else is wrong')
  await takeBack(second.stick)

  await t.test('an old quote that is replayed with new traces', async (t) => {
    await box.append(1)
    const third = await carry()
    const name = 'box-7_1.attestation'
    await cp(join(second.stick, name), join(third.stick, name))
    t.equal(await bring(third.stick), 1)
    t.match(
      (await found()).at(0),
      /a quote made for this export: the quote [0-9a-f]{64}, which came before/,
    )
    t.match(await state(), { attestation: 'mismatch' })
  })

  await t.test('one made before the receipt came back', async (t) => {
    await box.append(1)
    const early = await carry()
    t.equal(await bring(early.stick), 1)
    t.ok((await found()).some((each) => /the nonce [0-9a-f]{64}: the nonce/.test(each)))
    t.match(await takeBack(early.stick), { receiptSize: 7 })
  })

  await t.test('an export without one', async (t) => {
    await box.append(1)
    const bare = await carry()
    await rm(join(bare.stick, 'box-7_1.attestation'))
    await bring(bare.stick)
    t.match(await state(), { attestation: 'missing', lastShipment: { size: 8 } })
    await takeBack(bare.stick)
  })

  await t.test('from a copy on another machine', async (t) => {
    const other = await attested.otherMachine()
    await box.append(1)
    const copied = await carry(other.tcti)
    t.equal(await bring(copied.stick), 1)
    t.ok((await found()).some((each) => each.startsWith('clone')))
    t.match(await state(), { lastShipment: { size: 8 } }, 'nothing of it was taken')
    const right = await carry()
    await bring(right.stick)
    t.match(await state(), { lastShipment: { size: 9 } })
  })

  await t.test('whose TPM is away', async (t) => {
    await attested.software.stop()
    const { report } = await carry()
    t.match(report, { attestation: { missing: /TPM/ } })
    await attested.software.start()
  })
})
