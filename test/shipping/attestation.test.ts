import t from 'tap'
import { missingTpmSoftware } from '../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { AttestedBox } from './attested-box.ts'

/** Agent, centre and TPM together; what a liar among them would do is tested with each. */
const missing = missingTpmSoftware()

await t.test('a box with a TPM', missing === undefined ? {} : { skip: missing }, async (t) => {
  const attested = await AttestedBox.open(t)
  const { centre, box } = attested
  await box.append(3)

  await t.test('enrols itself by a code, and ships', async (t) => {
    const { sshHostKey, auditKey } = centre.initialised
    t.match(await attested.enrol(), { sshHostKey, auditKey })
    const { shippedTo, findings } = await attested.ship()
    t.equal(shippedTo, 3)
    t.match(findings, [{ kind: 'attestation-mismatch', found: /at reset [0-9]+: 0=0{64}/ }])
    const { body } = await centre.api('GET', '/boxes/box-7')
    t.match(body, { attestation: 'mismatch', lastShipment: { size: 3 } }, 'told beside the data')
  })

  await t.test('whose agent no longer uses it', async (t) => {
    await box.append(1)
    t.match(await attested.ship(null), { shippedTo: 4, findings: [] })
    t.match((await centre.api('GET', '/boxes/box-7')).body, { attestation: 'missing' })
  })

  await t.test('whose TPM is gone', async (t) => {
    await attested.software.stop()
    await box.append(1)
    t.match(await attested.ship(), { shippedTo: 5 })
    t.match((await centre.api('GET', '/boxes/box-7')).body, { attestation: 'missing' })
    await attested.software.start()
  })

  await t.test('copied to another machine', async (t) => {
    const other = await attested.otherMachine()
    await box.append(1)
    const { shippedTo, findings } = await attested.ship(other.tcti)
    t.match(findings, [{ kind: 'clone' }])
    t.equal(shippedTo, 0)
    const { body } = await centre.api('GET', '/boxes/box-7')
    t.match(body, { state: 'alert', lastShipment: { size: 5 } }, 'nothing was taken')
  })
})
