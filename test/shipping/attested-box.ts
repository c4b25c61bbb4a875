import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, systemRandomness } from '@probant/host'
import { nodeCrypto, openProvider, type KeyProvider } from '@probant/keys'
import { formatVkey } from '@probant/evidence'
import { createPool } from '@probant/postgres'
import type { Test } from 'tap'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { Agent } from '../../agent/src/agent.ts'
import { Platform } from '../../agent/src/attestation/platform.ts'
import { enrolBox } from '../../agent/src/command-line/enrol.ts'
import type { AgentSettings } from '../../agent/src/settings.ts'
import type { ShipmentOutcome } from '../../agent/src/shipment/shipment.ts'
import { SSH_KEY_LABEL, sshKeyOf } from '../../agent/src/ssh/signing-key.ts'
import { TestAppliance } from '../../agent/test/fixtures/appliance.ts'
import { Box, ORIGIN } from '../../agent/test/fixtures/box.ts'
import { SoftwareTpm } from '../../packages/tpm2-tss-bindings/test/swtpm.ts'
import { LATER_MS, TestCentre } from '../../supervisor/test/support/centre.ts'

const Code = Type.Object({ code: Type.String() })
const BOX = 'box-7'

/** A real agent with a real (software) TPM and journal, and a real centre that trusts the TPM's maker. */
export class AttestedBox {
  readonly centre: TestCentre
  readonly software: SoftwareTpm
  readonly box: Box
  readonly #folder: string
  readonly #provider: KeyProvider
  readonly #appliance: TestAppliance
  readonly #t: Test

  private constructor(
    t: Test,
    parts: {
      centre: TestCentre
      software: SoftwareTpm
      box: Box
      folder: string
      provider: KeyProvider
      appliance: TestAppliance
    },
  ) {
    this.#t = t
    this.centre = parts.centre
    this.software = parts.software
    this.box = parts.box
    this.#folder = parts.folder
    this.#provider = parts.provider
    this.#appliance = parts.appliance
  }

  static async open(t: Test, referenceKeys: string[] = []): Promise<AttestedBox> {
    const folder = await mkdtemp(join(tmpdir(), 'probant-attested-'))
    const software = new SoftwareTpm(join(folder, 'tpm'))
    const maker = await readFile(await software.manufacture())
    await software.start()
    const provider = await openProvider({ provider: 'software', folder: join(folder, 'keys') })
    await provider.generate(SSH_KEY_LABEL, 'ec-p256')
    const box = await Box.open(provider)
    const appliance = await TestAppliance.open(join(folder, 'box.sock'))
    t.teardown(async () => {
      await appliance.close()
      await box.close()
      await provider.close()
      await software.stop()
      await rm(folder, { recursive: true })
    })
    const centre = await TestCentre.start(t, LATER_MS, { makers: [maker], referenceKeys })
    return new AttestedBox(t, { centre, software, box, folder, provider, appliance })
  }

  /** As an operator and the box's administrator do it together. @returns what the box pins */
  async enrol(): Promise<Awaited<ReturnType<typeof enrolBox>>> {
    const { centre, box } = this
    const { body } = await centre.api('POST', '/enrolment-codes', {
      boxId: BOX,
      name: 'Box 7',
      schedule: {
        heads: { everySeconds: 60 },
        window: { start: '22:00', end: '05:00' },
        timeZone: 'Europe/Paris',
        graceMinutes: 60,
      },
    })
    const codeFile = join(this.#folder, 'code')
    await writeFile(codeFile, `${Value.Parse(Code, body).code}\n`)
    const { name, type, publicKey } = box.journalKey
    return enrolBox(this.settings({ centre: null, attestation: { tcti: this.software.tcti } }), {
      centre: `http://127.0.0.1:${centre.centre.ports.http}/api/v1`,
      codeFile,
      journalKey: formatVkey(name, type, publicKey, nodeCrypto),
      certificates: [],
    })
  }

  settings(change: Partial<AgentSettings>): AgentSettings {
    return {
      boxId: BOX,
      origin: ORIGIN,
      home: join(this.#folder, 'agent'),
      database: this.box.reader,
      applianceSocket: this.#appliance.socketPath,
      administration: { host: '127.0.0.1', port: 0 },
      centre: this.#pinned(),
      keys: { provider: 'software', folder: join(this.#folder, 'keys') },
      heads: null,
      window: null,
      controlSocket: join(this.#folder, 'agent.sock'),
      ...change,
    }
  }

  /** The TPM of a machine to which the disk was copied. */
  async otherMachine(): Promise<SoftwareTpm> {
    const other = new SoftwareTpm(join(this.#folder, 'other'))
    await other.start()
    this.#t.teardown(() => other.stop())
    return other
  }

  #pinned(): NonNullable<AgentSettings['centre']> {
    const { initialised, centre } = this.centre
    return {
      host: '127.0.0.1',
      port: centre.ports.ssh,
      hostKey: initialised.sshHostKey,
      witnessKeys: initialised.witnessKeys,
      auditKey: initialised.auditKey,
    }
  }

  /** Settings of the box as it is enrolled, with that TPM. */
  attesting(tcti = this.software.tcti): AgentSettings {
    return this.settings({ attestation: { tcti, eventLog: join(this.#folder, 'event-log') } })
  }

  /** One shipment by an agent that starts for it. @param tcti of the TPM in its settings; null: none is named there */
  ship(tcti: string | null = this.software.tcti): Promise<ShipmentOutcome> {
    return this.withAgent((agent) => agent.ship(), tcti)
  }

  /** An agent that starts for this. */
  async withAgent<T>(
    work: (agent: Agent) => Promise<T>,
    tcti: string | null = this.software.tcti,
  ): Promise<T> {
    const database = createPool({ ...this.box.reader, max: 4 })
    const stopping = new AbortController()
    const passing = setInterval(() => this.centre.clock.advance(100), 10)
    const eventLog = join(this.#folder, 'event-log')
    const platform = tcti === null ? undefined : new Platform({ tcti, eventLog })
    const agent = await Agent.open({
      settings: this.settings({}),
      platform,
      key: await sshKeyOf(this.#provider),
      database,
      crypto: nodeCrypto,
      clock: this.centre.clock,
      randomness: systemRandomness,
      logger: createLogger({
        component: 'agent',
        destination: { write: (line) => this.#t.comment(line) },
      }),
      stopping: stopping.signal,
    })
    try {
      return await work(agent)
    } finally {
      clearInterval(passing)
      stopping.abort()
      await platform?.close()
      await database.close()
    }
  }
}
