import { readFile, rm, writeFile } from 'node:fs/promises'
import { homePaths } from '../../installation/layout.ts'
import { atCentre } from '../at-centre.ts'
import { attack, atShipment, honest, type Attack } from '../attack.ts'
import { superuserPool } from '../copy.ts'
import { rewriteJournal } from '../forgery.ts'
import { journalPlaces } from '../journal-places.ts'
import { exchangeKey } from '../keys.ts'
import { changeSettings } from '../settings.ts'
import type { Specimen } from '../specimen.ts'

const BETWEEN_SHIPMENTS_MS = 3000

/** The running service, its keys and its name: attacks 10, 13 to 15. */
export const service: readonly Attack[] = [
  attack({
    id: '10a',
    attack: 'the right to write traces revoked while deposits go on',
    expected: ['journalling-stopped'],
    raisedBy: 'either',
    bound: 'deposits are refused at once; told with the next head',
    boundS: 90,
    carryOut: (specimen) =>
      stopJournalling(specimen, ['REVOKE INSERT ON journal.traces FROM box_service']),
  }),
  attack({
    id: '10b',
    attack: 'the journal’s trigger function replaced by one that swallows new traces',
    expected: ['journalling-stopped'],
    raisedBy: 'either',
    bound: 'deposits are refused at once; told with the next head',
    boundS: 90,
    carryOut: (specimen) =>
      stopJournalling(specimen, [
        `CREATE FUNCTION journal.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
        `CREATE TRIGGER swallow BEFORE INSERT ON journal.traces FOR EACH ROW EXECUTE FUNCTION journal.swallow()`,
      ]),
  }),
  attack({
    id: '10c',
    attack: 'the trigger dropped that refuses changes of traces',
    expected: ['policy-altered'],
    raisedBy: 'box',
    ...atShipment,
    carryOut: async (specimen) => {
      await statements(specimen, ['DROP TRIGGER traces_append_only ON journal.traces'])
      return {}
    },
  }),
  attack({
    id: '13',
    attack: 'the box wiped and initialised again under the same name',
    expected: ['rollback', 'wrong-key', 'bad-checkpoint-signature'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      await statements(specimen, ['DROP DATABASE box WITH (FORCE)'], 'postgres')
      await specimen.stop()
      const paths = homePaths(specimen.home)
      for (const folder of [paths.box, paths.keys('box'), paths.agent])
        await rm(folder, { recursive: true, force: true })
      const state: unknown = JSON.parse(await readFile(paths.state, 'utf8'))
      await writeFile(paths.state, JSON.stringify({ ...Object(state), box: undefined }))
      await specimen.start()
      return {}
    },
  }),
  attack({
    id: '14a',
    attack: 'the journal’s signing key exchanged',
    expected: ['wrong-key', 'bad-checkpoint-signature', 'journalling-stopped'],
    raisedBy: 'either',
    ...atShipment,
    carryOut: async (specimen) => {
      await exchangeKey(specimen, 'box', 'journal')
      await specimen.restart('appliance')
      return {}
    },
  }),
  attack({
    id: '14c',
    attack: 'the agent ships another box’s journal under this box’s key',
    expected: ['wrong-box'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      await changeSettings(specimen, 'agent', { origin: 'another-box/1' })
      return {}
    },
  }),
  attack({
    id: '15',
    attack: 'a trace of an earlier format written into the journal, all rebuilt and signed anew',
    expected: ['format-downgrade'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      await specimen.ship()
      await specimen.deposit('of an earlier format')
      const { size } = await journalPlaces(specimen)
      await rewriteJournal(
        specimen,
        size - 1,
        (traces) => traces,
        (bytes) => Buffer.from(Buffer.from(bytes).toString().replace('"format":1', '"format":0')),
      )
      return { seq: size - 1 }
    },
  }),
  honest({
    id: '14h',
    attack: 'the keys of the hardware root and of every vault rotated while the service runs',
    ...atShipment,
    carryOut: async (specimen) => {
      const { code, output } = await specimen.probant('box', 'rotate', 'all')
      if (code !== 0) throw new Error(output)
      await specimen.deposit('under the new keys')
      return {}
    },
  }),
]

async function statements(
  specimen: Specimen,
  list: readonly string[],
  database: 'box' | 'postgres' = 'box',
): Promise<void> {
  const pool = await superuserPool(specimen.home, database)
  try {
    for (const statement of list) await pool.query(statement)
  } finally {
    await pool.close()
  }
}

/** A deposit that were taken without a trace would be the attacker’s success. */
async function stopJournalling(specimen: Specimen, list: readonly string[]) {
  await statements(specimen, list)
  const taken = await specimen.deposit('unjournalled').then(
    ({ id }) => id,
    () => undefined,
  )
  if (taken !== undefined) throw new Error('a deposit was taken that the journal could not hold')
  return {
    watch: async () => {
      await specimen.clock.sleep(BETWEEN_SHIPMENTS_MS)
      await specimen.ship()
      return atCentre(specimen)()
    },
  }
}
