import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatVkey } from '@probant/evidence'
import { createLogger, systemRandomness } from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool } from '@probant/postgres'
import type { Test } from 'tap'
import { Agent } from '../../agent/src/agent.ts'
import { Appliance } from '../../agent/src/appliance/appliance.ts'
import { LocalFindings } from '../../agent/src/findings/findings.ts'
import { Round } from '../../agent/src/heads/round.ts'
import { Memory } from '../../agent/src/memory/memory.ts'
import type { AgentSettings } from '../../agent/src/settings.ts'
import { SSH_KEY_LABEL, sshKeyOf, sshPublicKey } from '../../agent/src/ssh/signing-key.ts'
import { JournalReader } from '../../agent/src/store/journal.ts'
import { Supervised } from '../../agent/src/supervised.ts'
import { TestAppliance } from '../../agent/test/fixtures/appliance.ts'
import { Box, ORIGIN } from '../../agent/test/fixtures/box.ts'
import { TestCentre } from '../../supervisor/test/support/centre.ts'

export const BOX_ID = 'box-7'

/** A box's journal in a real database, its agent, and a whole centre that follows it: only the appliance is played. */
export interface FollowedBox {
  box: Box
  agent: Agent
  centre: TestCentre
  appliance: TestAppliance
  settings: AgentSettings
  /** Ends what the agent does by itself. */
  stop: () => void
  /** The agent's part that meets the centre, with what it keeps, as a start finds it. */
  supervised: (
    port?: number,
  ) => Promise<{ supervised: Supervised; findings: LocalFindings; memory: Memory }>
  /** Sends one head, as the agent does every minute. */
  head: () => Promise<void>
}

/** @param witnesses beside the centre */
export async function followedBox(
  t: Test,
  witnesses: AgentSettings['witnesses'] = [],
): Promise<FollowedBox> {
  const centre = await TestCentre.start(t)
  const folder = await mkdtemp(join(tmpdir(), 'probant-shipping-'))
  const provider = await openProvider({ provider: 'software', folder: join(folder, 'keys') })
  const key = await provider.generate(SSH_KEY_LABEL, 'ec-p256')
  const box = await Box.open(provider)
  const appliance = await TestAppliance.open(join(folder, 'box.sock'))
  const { status } = await centre.api('POST', '/enrolments', {
    boxId: BOX_ID,
    name: 'Town hall',
    origin: ORIGIN,
    journalKey: formatVkey(ORIGIN, 2, box.journalKey.publicKey, nodeCrypto),
    agentKey: sshPublicKey(await provider.publicKey(key)).blob.toString('base64'),
    schedule: {
      heads: { everySeconds: 60 },
      window: { start: '22:00', end: '05:00' },
      timeZone: 'Europe/Paris',
      graceMinutes: 60,
    },
  })
  t.equal(status, 201, 'enrolled')
  const settings = { ...settingsOf(folder, box, appliance, centre), witnesses }
  const database = createPool({ ...box.reader, max: 4 })
  const stopping = new AbortController()
  const { clock } = centre
  const parts = {
    settings,
    key: await sshKeyOf(provider),
    database,
    crypto: nodeCrypto,
    clock,
    randomness: systemRandomness,
    logger: createLogger({ component: 'agent', level: 'silent' }),
    stopping: stopping.signal,
  }
  const agent = await Agent.open(parts)
  const head = async () => {
    const { home, origin } = settings
    const journal = new JournalReader(database)
    const supervised = await Supervised.open({
      ...parts,
      centre: centreOf(settings),
      journal,
      round: new Round(journal, clock, 60),
      memory: await Memory.open(home, origin, clock),
      findings: new LocalFindings(home, clock, parts.logger, () => Promise.resolve()),
      appliance: new Appliance(settings.applianceSocket, stopping.signal),
    })
    clock.advance(60_000)
    await supervised.sendHead()
  }
  const supervised = async (port = centreOf(settings).port) => {
    const { home, origin } = settings
    const journal = new JournalReader(database)
    const socket = new Appliance(settings.applianceSocket, stopping.signal)
    const folder = join(home, 'findings')
    const findings = new LocalFindings(folder, clock, parts.logger, (one) =>
      socket.giveFinding(one),
    )
    await findings.load()
    const memory = await Memory.open(home, origin, clock)
    const opened = await Supervised.open({
      ...parts,
      centre: { ...centreOf(settings), port },
      journal,
      round: new Round(journal, clock, 60),
      memory,
      findings,
      appliance: socket,
    })
    return { supervised: opened, findings, memory }
  }
  t.teardown(async () => {
    stopping.abort()
    await appliance.close()
    await database.close()
    await box.close()
    await provider.close()
    await rm(folder, { recursive: true })
  })
  const stop = () => stopping.abort()
  return { box, agent, centre, appliance, settings, supervised, stop, head }
}

function centreOf({ centre }: AgentSettings) {
  if (centre === null) throw new Error('this box has a centre')
  return centre
}

function settingsOf(
  folder: string,
  box: Box,
  appliance: TestAppliance,
  centre: TestCentre,
): AgentSettings {
  const { witnessKeys, auditKey, sshHostKey } = centre.initialised
  return {
    boxId: BOX_ID,
    origin: ORIGIN,
    home: join(folder, 'agent'),
    database: box.reader,
    applianceSocket: appliance.socketPath,
    administration: { host: '127.0.0.1', port: 0 },
    centre: {
      host: '127.0.0.1',
      port: centre.centre.ports.ssh,
      hostKey: sshHostKey,
      witnessKeys,
      auditKey,
    },
    keys: { provider: 'software', folder: join(folder, 'keys') },
    heads: { everySeconds: 60 },
    window: { start: '22:00', end: '05:00', timeZone: 'Europe/Paris', jitterSeconds: 600 },
    controlSocket: join(folder, 'agent.sock'),
  }
}
