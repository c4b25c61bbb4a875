import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, systemRandomness } from '@probant/host'
import { nodeCrypto, openProvider, type KeySettings } from '@probant/keys'
import { createPool } from '@probant/postgres'
import type { Test } from 'tap'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { Agent } from '../../agent/src/agent.ts'
import { Appliance } from '../../agent/src/appliance/appliance.ts'
import { Platform } from '../../agent/src/attestation/platform.ts'
import { enrolBox } from '../../agent/src/command-line/enrol.ts'
import { LocalFindings } from '../../agent/src/findings/findings.ts'
import { Round } from '../../agent/src/heads/round.ts'
import { Memory } from '../../agent/src/memory/memory.ts'
import type { AgentSettings } from '../../agent/src/settings.ts'
import { SSH_KEY_LABEL, sshKeyOf, sshPublicKey } from '../../agent/src/ssh/signing-key.ts'
import { JournalReader } from '../../agent/src/store/journal.ts'
import { Supervised, type SupervisedParts } from '../../agent/src/supervised.ts'
import { serveConsole } from '../../appliance/src/console/server.ts'
import { serveLocally } from '../../appliance/src/local/server.ts'
import { createWorld, staff, form, type Staff, type World } from '../../appliance/test/world.ts'
import { SoftwareTpm } from '../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { LATER_MS, TestCentre } from '../../supervisor/test/support/centre.ts'

const Code = Type.Object({ code: Type.String() })

/** A machine: its TPM, and where the agent on it keeps its own key. */
export interface Machine {
  readonly tpm: SoftwareTpm
  /** PEM of the TPM's maker. */
  readonly maker: Buffer
  readonly agentKeys: string
  readonly boxKeys: KeySettings
}

/** Nothing is played: a vault service with its database and documents, its agent, its centre, and the TPMs of several machines. */
export class WholeBox {
  readonly centre: TestCentre
  readonly world: World
  readonly staff: Staff
  readonly folder: string
  readonly kept: { readonly id: string; readonly content: string }[] = []
  readonly #t: Test
  #sockets: (() => Promise<void>) | undefined

  private constructor(t: Test, centre: TestCentre, world: World, people: Staff, folder: string) {
    this.#t = t
    this.centre = centre
    this.world = world
    this.staff = people
    this.folder = folder
  }

  /** @param names of the machines; the box begins on the first */
  static async open(
    t: Test,
    names: readonly [string, ...string[]],
  ): Promise<{ box: WholeBox; machines: ReadonlyMap<string, Machine> }> {
    const folder = await mkdtemp(join(tmpdir(), 'probant-whole-'))
    const machines = new Map<string, Machine>()
    t.teardown(async () => {
      for (const { tpm } of machines.values()) await tpm.stop()
      await rm(folder, { recursive: true })
    })
    for (const name of names) machines.set(name, await machineIn(join(folder, name)))
    const makers = [...machines.values()].map(({ maker }) => maker)
    const centre = await TestCentre.start(t, LATER_MS, { makers })
    const { witnessKeys, auditKey } = centre.initialised
    const keys = machines.get(names[0])?.boxKeys ?? { provider: 'none' }
    const world = await createWorld({ keys, centre: { witnessKeys, auditKey } })
    t.teardown(() => world.close())
    const box = new WholeBox(t, centre, world, await staff(world), folder)
    await box.serve()
    t.teardown(() => box.stop())
    return { box, machines }
  }

  get boxId(): string {
    return this.world.settings.boxId
  }

  /** Opens the sockets of agent and console. */
  async serve(): Promise<void> {
    const servers = [await serveLocally(this.world.box), await serveConsole(this.world.box)]
    this.#sockets = async () => {
      for (const server of servers) await server.close()
    }
  }

  async stop(): Promise<void> {
    await this.#sockets?.()
    this.#sockets = undefined
    await this.world.stop()
  }

  async deposit(content: string): Promise<void> {
    const { vault, token } = this.staff
    const path = `/vaults/${vault}/objects`
    const answer = await this.world.call('POST', path, { token, body: form(content) })
    const made = Value.Parse(Type.Object({ id: Type.String() }), await answer.json())
    this.kept.push({ id: made.id, content })
  }

  async read(id: string): Promise<string> {
    const { vault, token } = this.staff
    const path = `/vaults/${vault}/objects/${id}/content`
    return (await this.world.call('GET', path, { token })).text()
  }

  /** As the operator and the box's administrator do it together. @param journalKey vkey */
  async enrol(machine: Machine, journalKey: string): Promise<void> {
    const { body } = await this.centre.api('POST', '/enrolment-codes', {
      boxId: this.boxId,
      name: 'Town hall',
      schedule: {
        heads: { everySeconds: 60 },
        window: { start: '22:00', end: '05:00' },
        timeZone: 'Europe/Paris',
        graceMinutes: 60,
      },
    })
    const codeFile = join(this.folder, 'code')
    await writeFile(codeFile, `${Value.Parse(Code, body).code}\n`)
    await enrolBox(this.#settings(machine), {
      centre: `http://127.0.0.1:${this.centre.centre.ports.http}/api/v1`,
      codeFile,
      journalKey,
      certificates: [],
    })
  }

  /** The agent's key on a machine, as the operator of the centre is told it. */
  async agentKey({ agentKeys }: Machine): Promise<string> {
    const provider = await openProvider({ provider: 'software', folder: agentKeys })
    try {
      return sshPublicKey(await provider.publicKey(await sshKey(provider))).blob.toString('base64')
    } finally {
      await provider.close()
    }
  }

  /** One head by an agent that starts for it. */
  head(machine: Machine): Promise<void> {
    return this.#agent(machine, async (parts) => {
      const { settings, clock, logger, stopping } = parts
      const { centre, home, origin } = settings
      if (centre === null) throw new Error('this box has a centre')
      const journal = new JournalReader(parts.database)
      const supervised = await Supervised.open({
        ...parts,
        centre,
        journal,
        round: new Round(journal, clock, 60),
        memory: await Memory.open(home, origin, clock),
        findings: new LocalFindings(home, clock, logger, () => Promise.resolve()),
        appliance: new Appliance(settings.applianceSocket, stopping),
      })
      // heads go at fixed instants, from the agent's start on
      this.centre.clock.advance(60_000)
      await supervised.sendHead()
    })
  }

  /** One shipment by an agent that starts for it. */
  ship(machine: Machine) {
    return this.#agent(machine, async (parts) => (await Agent.open(parts)).ship())
  }

  async #agent<T>(machine: Machine, work: (parts: AgentParts) => Promise<T>): Promise<T> {
    const settings = this.#settings(machine)
    const database = createPool({ ...settings.database, max: 4 })
    const provider = await openProvider(settings.keys)
    const stopping = new AbortController()
    const { clock } = this.centre
    const passing = setInterval(() => clock.advance(100), 10)
    const eventLog = join(this.folder, 'event-log')
    const platform = new Platform({ tcti: machine.tpm.tcti, eventLog })
    try {
      return await work({
        settings,
        platform,
        key: await sshKeyOf(provider),
        database,
        crypto: nodeCrypto,
        clock,
        randomness: systemRandomness,
        logger: createLogger({
          component: 'agent',
          destination: { write: (line) => this.#t.comment(line) },
        }),
        stopping: stopping.signal,
      })
    } finally {
      clearInterval(passing)
      stopping.abort()
      await platform.close()
      await provider.close()
      await database.close()
    }
  }

  #settings(machine: Machine): AgentSettings {
    const { settings, database } = this.world
    const { initialised, centre } = this.centre
    return {
      boxId: settings.boxId,
      origin: settings.origin,
      home: join(this.folder, 'agent'),
      database: database.as('box_journal_reader'),
      applianceSocket: settings.localSocket,
      administration: { host: '127.0.0.1', port: 0 },
      centre: {
        host: '127.0.0.1',
        port: centre.ports.ssh,
        hostKey: initialised.sshHostKey,
        witnessKeys: initialised.witnessKeys,
        auditKey: initialised.auditKey,
      },
      keys: { provider: 'software', folder: machine.agentKeys },
      attestation: { tcti: machine.tpm.tcti },
      heads: { everySeconds: 60 },
      window: null,
      controlSocket: join(this.folder, 'agent.sock'),
    }
  }
}

type AgentParts = Omit<
  SupervisedParts,
  'centre' | 'round' | 'journal' | 'memory' | 'findings' | 'appliance'
> &
  Pick<Parameters<typeof Agent.open>[0], 'database' | 'randomness'>

/** Its own agent is initialised: a key in files, so that a thief could copy it. */
async function machineIn(folder: string): Promise<Machine> {
  const tpm = new SoftwareTpm(join(folder, 'tpm'))
  const maker = await readFile(await tpm.manufacture())
  await tpm.start()
  const agentKeys = join(folder, 'agent-keys')
  const provider = await openProvider({ provider: 'software', folder: agentKeys })
  await provider.generate(SSH_KEY_LABEL, 'ec-p256')
  await provider.close()
  const boxKeys = { provider: 'tpm2', folder: join(folder, 'box-keys'), tcti: tpm.tcti } as const
  return { tpm, maker, agentKeys, boxKeys }
}

async function sshKey(provider: Awaited<ReturnType<typeof openProvider>>) {
  const key = await provider.find(SSH_KEY_LABEL)
  if (key === undefined) throw new Error('the agent has no key')
  return key
}
