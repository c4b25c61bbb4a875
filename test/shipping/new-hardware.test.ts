import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { recoverBox } from '../../appliance/src/commands/recover.ts'
import { heldCeremony } from '../../appliance/test/recovery/console.ts'
import { missingTpmSoftware } from '../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { WholeBox, type Machine } from './whole-box.ts'

/** A box destroyed, its holders, another machine, and what the centre says of it; then of a twin that nobody declared. */
t.setTimeout(5 * 60_000)
const missing = missingTpmSoftware()

await t.test('a whole box', missing === undefined ? {} : { skip: missing }, async (t) => {
  const { box, machines } = await WholeBox.open(t, ['first', 'second', 'third'])
  const { centre, world, boxId } = box
  const { home, origin } = world.settings
  const machine = (name: string): Machine => {
    const found = machines.get(name)
    if (found === undefined) throw new Error(name)
    return found
  }
  const [first, second, third] = [machine('first'), machine('second'), machine('third')]
  const shown = async () => (await centre.api('GET', `/boxes/${boxId}`)).body
  const shipmentOf = (shown: unknown) =>
    typeof shown === 'object' && shown !== null && 'lastShipment' in shown
      ? shown.lastShipment
      : undefined
  const kinds = async () => [...new Set(await centre.kinds(boxId))].sort()
  const sheets = join(home, 'sheets')
  const recoverOnto = async (on: Machine) => {
    const moved = { ...world.settings, keys: on.boxKeys }
    const file = join(home, 'moved.json')
    await writeFile(file, JSON.stringify(moved), { mode: 0o600 })
    const share = [1, 3].map((number) => join(sheets, `share-${number}-of-3.txt`))
    const report = await recoverBox({ settings: file, language: 'en', share })
    await world.restart({ settings: moved })
    await box.serve()
    return report
  }

  await t.test('is followed: its heads are cosigned, its traces come with a quote', async (t) => {
    await box.enrol(first, world.identity.journalKey)
    await box.deposit('before the ceremony')
    const held = await heldCeremony(join(home, 'settings.json'), sheets, {
      shares: 3,
      threshold: 2,
    })
    t.equal(held.code, 0, held.said)
    await box.deposit('after the ceremony')
    await box.head(first)
    const { shippedTo, receiptSize } = await box.ship(first)
    t.ok(shippedTo > 5)
    t.equal(receiptSize, shippedTo)
    t.same(await kinds(), ['attestation-mismatch'], 'nobody vouched for this state yet')
  })

  let after = 0
  await t.test('destroyed, recovered by its holders on another machine', async (t) => {
    await box.stop()
    await first.tpm.stop()
    await rm(join(box.folder, 'first'), { recursive: true })
    const report = await recoverOnto(second)
    t.match(report, { recovered: 1, lost: [] })
    after = report.after
    for (const { id, content } of box.kept) t.equal(await box.read(id), content)
    await t.rejects(box.ship(second), 'its agent’s new key is refused before it is declared')
    t.same(await kinds(), ['attestation-mismatch'])

    const change = {
      ...{ origin, after, journalKey: report.journalKey },
      agentKey: await box.agentKey(second),
    }
    const declared = await centre.api('POST', `/boxes/${boxId}/hardware-changes`, change)
    t.equal(declared.status, 204, JSON.stringify(declared.body))
    await box.enrol(second, report.journalKey)
    const changes = (await centre.findings(boxId)).filter(
      ({ kind }) => kind === 'hardware-change-declared',
    )
    t.match(
      changes.map(({ seq }) => seq).sort(),
      [after, null].sort(),
      'the journal’s key, and the TPM',
    )
  })

  await t.test('goes on: heads cosigned, shipments verified, no attack', async (t) => {
    await box.deposit('on the second machine')
    await box.head(second)
    const { rows } = await world.box.database.query<{ size: number }>(
      'SELECT max(size) AS size FROM journal.cosignatures',
    )
    t.ok((rows[0]?.size ?? 0) > after, 'cosigned under the new key')
    const { shippedTo, receiptSize, findings } = await box.ship(second)
    t.ok(shippedTo > after)
    t.equal(receiptSize, shippedTo)
    t.same(
      findings.map(({ kind }) => kind).filter((kind) => kind !== 'attestation-mismatch'),
      [],
    )
    t.same(await kinds(), ['attestation-mismatch', 'hardware-change-declared'])
    for (const { id, content } of box.kept) t.equal(await box.read(id), content)
  })

  await t.test('a twin, of the same backup and holders, that nobody declared', async (t) => {
    await box.stop()
    await recoverOnto(third)
    await box.deposit('on the twin')
    const twin = { ...third, agentKeys: second.agentKeys }
    const before = await shown()
    await box.head(twin).catch((error: unknown) => t.comment(error))
    t.ok(
      (await kinds()).includes('wrong-key'),
      'its heads are signed by a key that nobody declared',
    )
    const { shippedTo, findings } = await box.ship(twin)
    t.equal(shippedTo, 0)
    t.match(findings, [{ kind: 'clone' }])
    t.match(
      await shown(),
      { state: 'alert', lastShipment: shipmentOf(before) },
      'nothing was taken',
    )
  })
})
