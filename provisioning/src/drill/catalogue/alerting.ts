import { once } from 'node:events'
import { SMTPServer } from 'smtp-server'
import { Type } from 'typebox'
import { LOOPBACK } from '../../installation/layout.ts'
import { atCentre } from '../at-centre.ts'
import { attack, honest, type Attack, type Deed } from '../attack.ts'
import { journalPlaces, newestOf } from '../journal-places.ts'
import { changeSettings } from '../settings.ts'
import type { Specimen } from '../specimen.ts'

const anything = Type.Unknown()
const contacts = Type.Object({ items: Type.Array(Type.Object({ id: Type.String() })) })
const added = Type.Object({ id: Type.String() })

const broken = {
  expected: ['alerting-broken'],
  raisedBy: 'centre',
  bound: 'a minute',
  boundS: 90,
} as const

/** Who keeps the centre from being heard: attack 38. */
export const alerting: readonly Attack[] = [
  attack({
    id: '38a',
    attack: 'a mail relay that refuses what the centre has to tell',
    ...broken,
    bound: 'at the first message that is refused',
    carryOut: async (specimen) => {
      await changeSettings(specimen, 'supervisor', {
        mail: { port: await refusingRelay(specimen) },
      })
      return somethingToTell(specimen)
    },
  }),
  attack({
    id: '38b',
    attack: 'no mail relay any more',
    ...broken,
    bound: '15 minutes after the first message that is not taken (the drill sets one)',
    boundS: 150,
    carryOut: async (specimen) => {
      await changeSettings(specimen, 'supervisor', {
        mail: { port: specimen.firstPort + 9 },
        alerts: { fallbackAfterMinutes: 1 },
      })
      return somethingToTell(specimen)
    },
  }),
  attack({
    id: '38c',
    attack: 'a contact removed in the centre’s database, behind its journal',
    ...broken,
    carryOut: (specimen) =>
      inDatabase(specimen, `UPDATE centre.contacts SET removed_at = now(), address = ''`),
  }),
  attack({
    id: '38d',
    attack: 'a contact’s address exchanged in the centre’s database',
    ...broken,
    carryOut: (specimen) =>
      inDatabase(specimen, `UPDATE centre.contacts SET address = 'nobody@elsewhere.example'`),
  }),
  attack({
    id: '38e',
    attack: 'an alert silenced in the centre’s database, as if somebody had taken charge of it',
    ...broken,
    carryOut: async (specimen) => {
      await somethingToTell(specimen)
      return inDatabase(
        specimen,
        `UPDATE centre.alerts SET state = 'acknowledged', next_reminder_at = NULL, acknowledged_at = now()`,
      )
    },
  }),
  attack({
    id: '38f',
    attack: 'the last contact removed by an operator',
    ...broken,
    carryOut: async (specimen) => {
      for (const { id } of await contactsOf(specimen)) await removeContact(specimen, id)
      return { watch: atCentre(specimen, 'centre') }
    },
  }),
  honest({
    id: '38h',
    attack: 'a contact added and removed, its message read, the centre restarted between',
    ...broken,
    carryOut: async (specimen) => {
      const { id } = await specimen
        .centre()
        .call(added, 'POST', '/contacts', { email: 'for-a-day@demo.example' })
      await specimen.restart('supervisor')
      await removeContact(specimen, id)
      await specimen.restart('supervisor')
      await specimen.clock.sleep(15_000)
      return { watch: atCentre(specimen, 'centre') }
    },
  }),
]

/** An alert that contacts have to be told of: a changed trace, and the shipment that shows it. */
async function somethingToTell(specimen: Specimen): Promise<Deed> {
  const { audited } = await journalPlaces(specimen)
  await specimen.root(async (client) => {
    const seq = await newestOf(client, 'deposit', audited - 2)
    await client.query(
      'UPDATE journal.traces SET bytes = set_byte(bytes, 8, get_byte(bytes, 8) # 1) WHERE seq = $1',
      [seq],
    )
  })
  for (let attempt = 0; (await specimen.findings()).length === 0; attempt += 1) {
    if (attempt > 5) throw new Error('nothing was found that could be told')
    await specimen.ship()
  }
  return { watch: atCentre(specimen, 'centre') }
}

/** Its database changed by its DBA, once the centre has begun to watch. */
async function inDatabase(specimen: Specimen, statement: string): Promise<Deed> {
  await specimen.clock.sleep(2000)
  await specimen.root(async (client) => {
    const { rowCount } = await client.query(statement)
    if (rowCount === 0) throw new Error('there is nothing to change')
  }, 'centre')
  return { watch: atCentre(specimen, 'centre') }
}

const contactsOf = async (specimen: Specimen) =>
  (await specimen.centre().call(contacts, 'GET', '/contacts')).items

const removeContact = (specimen: Specimen, id: string) =>
  specimen.centre().call(anything, 'DELETE', `/contacts/${id}`)

/** @returns the port of a relay that takes no message */
async function refusingRelay(specimen: Specimen): Promise<number> {
  const relay = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    disableReverseLookup: true,
    onRcptTo: (_address, _session, done) =>
      done(Object.assign(new Error('nobody of that name'), { responseCode: 550 })),
  })
  relay.on('error', () => undefined)
  const listening = once(relay.server, 'listening')
  relay.listen(0, LOOPBACK)
  await listening
  specimen.atEnd(() => new Promise((resolve) => relay.close(() => resolve())))
  const address = relay.server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the relay has no port')
  return address.port
}
