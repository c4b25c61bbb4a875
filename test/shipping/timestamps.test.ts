import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool } from '@probant/postgres'
import { hasOpenssl, OpensslAuthority } from '@probant/timestamping/testing'
import t from 'tap'
import { Appliance } from '../../agent/src/appliance/appliance.ts'
import { LocalFindings } from '../../agent/src/findings/findings.ts'
import { Round } from '../../agent/src/heads/round.ts'
import { Memory } from '../../agent/src/memory/memory.ts'
import { SSH_KEY_LABEL, sshKeyOf, sshPublicKey } from '../../agent/src/ssh/signing-key.ts'
import { JournalReader } from '../../agent/src/store/journal.ts'
import { Supervised } from '../../agent/src/supervised.ts'
import { serveLocally } from '../../appliance/src/local/server.ts'
import { outsideTokensOf } from '../../appliance/src/store/outside-tokens.ts'
import { createWorld } from '../../appliance/test/world.ts'
import { TestCentre } from '../../supervisor/test/support/centre.ts'

const skip = hasOpenssl ? false : 'the openssl command is not installed'

await t.test('a box without a route is dated by way of its centre', { skip }, async (t) => {
  const authority = await OpensslAuthority.start('outside')
  const folder = await mkdtemp(join(tmpdir(), 'probant-timestamps-'))
  t.teardown(async () => {
    await authority.close()
    await rm(folder, { recursive: true })
  })
  const centre = await TestCentre.start(t)
  centre.settings.timestamping = { authorities: [authority.settings] }
  const { roots } = authority.settings
  const world = await createWorld({
    dating: { authorities: [{ name: 'outside', via: 'supervisor', roots }] },
    journal: { sealAfterSeconds: 1, idleSealSeconds: 3600 },
  })
  t.teardown(() => world.close())
  const local = await serveLocally(world.box)
  t.teardown(() => local.close())

  const provider = await openProvider({ provider: 'software', folder: join(folder, 'keys') })
  const key = await provider.generate(SSH_KEY_LABEL, 'ec-p256')
  const { boxId, origin } = world.settings
  const { status } = await centre.api('POST', '/enrolments', {
    boxId,
    name: 'Town hall',
    origin,
    journalKey: world.identity.journalKey,
    agentKey: sshPublicKey(await provider.publicKey(key)).blob.toString('base64'),
    schedule: {
      heads: { everySeconds: 60 },
      window: { start: '22:00', end: '05:00' },
      timeZone: 'Europe/Paris',
      graceMinutes: 60,
    },
  })
  t.equal(status, 201)
  const reader = world.database.as('box_journal_reader')
  const database = createPool({ ...reader, max: 2 })
  const stopping = new AbortController()
  t.teardown(async () => {
    stopping.abort()
    await database.close()
    await provider.close()
  })
  const { clock } = centre
  const { witnessKeys, auditKey, sshHostKey: hostKey } = centre.initialised
  const port = centre.centre.ports.ssh
  const upstream = { host: '127.0.0.1', port, hostKey, witnessKeys, auditKey }
  const logger = createLogger({ component: 'agent', level: 'silent' })
  const journal = new JournalReader(database)
  const supervised = await Supervised.open({
    settings: {
      boxId,
      origin,
      home: folder,
      database: reader,
      applianceSocket: world.settings.localSocket,
      administration: { host: '127.0.0.1', port: 0 },
      centre: upstream,
      keys: { provider: 'software', folder: join(folder, 'keys') },
      heads: { everySeconds: 60 },
      window: null,
      controlSocket: join(folder, 'agent.sock'),
    },
    centre: upstream,
    key: await sshKeyOf(provider),
    journal,
    round: new Round(journal, clock, 60),
    memory: await Memory.open(folder, origin, clock),
    findings: new LocalFindings(folder, clock, logger, () => Promise.resolve()),
    appliance: new Appliance(world.settings.localSocket, stopping.signal),
    crypto: nodeCrypto,
    clock,
    logger,
    stopping: stopping.signal,
  })
  // The box asks ten seconds after its start, by its own clock; agent and centre go by one that is driven.
  for (let tries = 0; tries < 600 && world.box.relay.waiting.length === 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.match(world.box.relay.waiting, [{ authority: 'outside' }])
  clock.advance(60_000)
  t.match(await supervised.sendHead(), { status: 200 }, 'the head goes first')
  for (let tries = 0; tries < 200 && world.box.dating.datedSize === 0; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  const size = world.box.dating.datedSize
  t.ok(size > 0, 'dated')
  t.match(await outsideTokensOf(world.box.database, size), [{ subject: /outside/ }])
  t.same(world.box.relay.waiting, [])
  t.match(await centre.entriesOf('timestamp-relayed'), [
    { outcome: 'done', data: { box: boxId, authority: 'outside' } },
  ])
})
