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
    const { sshHostKey, auditKey } = await attested.enrol()
    t.equal(sshHostKey, centre.initialised.sshHostKey)
    t.equal(auditKey, centre.initialised.auditKey)
    t.match(await attested.ship(), { shippedTo: 3 })
  })
})
