import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemRandomness, type Clock } from '@probant/host'
import { checkDisk } from './checks/disk.ts'
import { whatKeepsBoxFromWork } from './console/box-readiness.ts'
import { checkModules } from './checks/modules.ts'
import { checkPorts } from './checks/ports.ts'
import { readConfiguration } from './configuration/read.ts'
import type { Configuration } from './configuration/schema.ts'
import { sentenceOf } from './console/sentence.ts'
import type { Progress } from './console/progress.ts'
import { writeAnchors } from './demonstration/anchors.ts'
import { addresses, DemoFile } from './demonstration/demo-file.ts'
import { Demonstration } from './demonstration/populate.ts'
import { shipNow } from './demonstration/shipping.ts'
import { ProvisioningError } from './errors.ts'
import { Components } from './installation/components.ts'
import { EmbeddedDatabase } from './installation/database.ts'
import { enrol } from './installation/enrolment.ts'
import { homePaths, LOOPBACK, type Layout } from './installation/layout.ts'
import { lockHome } from './installation/lock.ts'
import { agentSocket, type Sockets } from './installation/settings.ts'
import { makeSocketFolder, removeSocketFolder } from './installation/sockets.ts'
import { checkNames, StateFile } from './installation/state.ts'
import { startMailSink } from './mail/sink.ts'
import { buildPortals } from './pages/portals.ts'
import { ProcessBook } from './processes/book.ts'
import { Closing } from './processes/closing.ts'
import { Guard } from './processes/guarding.ts'
import { Keeper, type Part } from './processes/keeper.ts'
import { endLeftovers } from './processes/leftovers.ts'
import { keepLogsSmall } from './processes/logs.ts'

/** What stays the same from the first check to the last line. */
interface Ground {
  configuration: Configuration
  state: StateFile
  book: ProcessBook
}

/**
 * One run of an installation: everything that `start` opens, `stop` closes in the opposite order, at
 * whatever point of the start it is called.
 */
export class Launch {
  readonly #layout: Layout
  readonly #clock: Clock
  readonly #progress: Progress
  readonly #demoFile: DemoFile
  readonly #closing = new Closing()
  readonly #interrupted = new AbortController()

  constructor(layout: Layout, clock: Clock, progress: Progress) {
    this.#layout = layout
    this.#clock = clock
    this.#progress = progress
    this.#demoFile = new DemoFile(layout)
  }

  /** Resolves with the ready installation; the parts are kept running from then on. */
  async start(): Promise<Pick<Ground, 'state' | 'configuration'>> {
    const ground = await this.#progress.step('Checking this machine', () => this.#prepareGround())
    const { state } = ground
    const sockets = await this.#startDatabase(ground)
    await this.#progress.step('Building the pages', () =>
      buildPortals(this.#layout, this.#interrupted.signal),
    )
    await this.#startComponents(ground, sockets)
    await this.#fill(ground, sockets)
    await this.#demoFile.publish(state.value)
    await this.#closing.add(() => this.#demoFile.withdraw())
    return ground
  }

  /** Ends every part in order (agent, appliance, supervisor, PostgreSQL); resolves when none is left. */
  stop(): Promise<void> {
    this.#interrupted.abort()
    return this.#closing.close((error) => {
      this.#progress.tell(error instanceof Error ? error.message : String(error))
    })
  }

  async #prepareGround(): Promise<Ground> {
    const { root, home, ports } = this.#layout
    const paths = homePaths(home)
    await checkModules(root)
    const configuration = await readConfiguration(this.#layout.configuration)
    await checkDisk(home)
    const unlock = await lockHome(home)
    await this.#closing.add(unlock)
    await this.#demoFile.withdraw()
    const ended = await endLeftovers(paths.processes)
    if (ended.length > 0)
      this.#progress.tell(`  · ended what an earlier start had left: ${ended.join(', ')}`)
    await checkPorts(ports)
    const names = { box: configuration.box.name, centre: configuration.centre.name }
    const state = await StateFile.open(paths.state, names, this.#clock, systemRandomness)
    checkNames(state.value, names)
    for (const folder of [paths.logs, join(home, 'settings'), join(home, 'pages')])
      await mkdir(folder, { recursive: true, mode: 0o700 })
    return { configuration, state, book: await this.#openBook() }
  }

  async #openBook(): Promise<ProcessBook> {
    const paths = homePaths(this.#layout.home)
    const book = new ProcessBook(paths.processes, paths.demo, (line) => this.#progress.tell(line))
    const guard = new Guard({ book, record: paths.processes, log: paths.log('guardian') })
    const stopCutting = keepLogsSmall(paths.logs)
    await this.#closing.add(async () => {
      stopCutting()
      book.close()
      await guard.close()
    })
    return book
  }

  async #startDatabase({ state, book }: Ground): Promise<Sockets> {
    const folder = await makeSocketFolder()
    book.noteSocketFolder(folder)
    await this.#closing.add(() => removeSocketFolder(folder))
    const database = new EmbeddedDatabase({
      home: this.#layout.home,
      socketFolder: folder,
      passwords: state.value.databasePasswords,
      record: (pid) => book.note('postgres', pid),
    })
    await this.#progress.step('Starting PostgreSQL', async () => {
      await this.#keep(database)
      await database.prepare()
    })
    return { folder, database: database.address }
  }

  async #startComponents({ configuration, state, book }: Ground, sockets: Sockets): Promise<void> {
    const components = new Components({
      layout: this.#layout,
      configuration,
      state,
      sockets,
      clock: this.#clock,
      record: (name, pid) => book.note(name, pid),
      interrupted: this.#interrupted.signal,
    })
    const step = <Result>(title: string, work: () => Promise<Result>) =>
      this.#progress.step(title, work)
    if (configuration.mail.host === undefined)
      await step('Starting the mail sink', () => this.#startMail())
    const centre = await step('Preparing the supervision centre', () =>
      components.prepareSupervisor(),
    )
    const box = await step('Preparing the box', () => components.prepareAppliance(centre))
    const agent = await step('Preparing the agent', () => components.prepareAgent(centre))
    await step('Starting the supervision centre', () => this.#keep(components.part('supervisor')))
    await step('Enrolling the box at the centre', () =>
      enrol(addresses(this.#layout).supervisionApi, {
        layout: this.#layout,
        configuration,
        state,
        centre,
        box,
        agent,
      }),
    )
    await step('Starting the box', () => this.#keep(components.part('appliance')))
    for (const line of await whatKeepsBoxFromWork(addresses(this.#layout).admin))
      this.#progress.tell(line)
    await step('Starting the agent', () => this.#keep(components.part('agent')))
    await writeAnchors(
      homePaths(this.#layout.home).anchors,
      box,
      centre,
      configuration.timestamping.authorities,
      configuration.witnessing.witnesses,
    )
  }

  async #fill({ state, configuration: { demo } }: Ground, sockets: Sockets): Promise<void> {
    const demonstration = new Demonstration(
      addresses(this.#layout).api,
      state,
      systemRandomness,
      join(this.#layout.root, 'provisioning/demo'),
    )
    await this.#progress.step('Making the demo users and their vault', async () => {
      await demonstration.createPeople()
      await demonstration.createVault()
      await demonstration.createTokens()
    })
    if (!demo.documents) return
    await this.#progress.step('Depositing the demo documents', () =>
      demonstration.depositDocuments(),
    )
    if (!state.value.demo.shipped)
      await this.#progress.step('Having them witnessed', () =>
        this.#shipFirst(state, agentSocket(sockets)),
      )
  }

  /** A shipment that does not come about is no reason to stop: the agent tries again by itself. */
  async #shipFirst(state: StateFile, socket: string): Promise<void> {
    try {
      await shipNow(socket, this.#clock)
      await state.update((value) => {
        value.demo.shipped = true
      })
    } catch (error) {
      if (!(error instanceof ProvisioningError)) throw error
      this.#progress.tell(`  ! ${error.message} It ships at the next occasion.`)
    }
  }

  async #startMail(): Promise<void> {
    const sink = await startMailSink({
      host: LOOPBACK,
      port: this.#layout.ports.mail,
      folder: homePaths(this.#layout.home).mail,
      clock: this.#clock,
    })
    await this.#closing.add(() => sink.close())
  }

  async #keep(part: Part): Promise<void> {
    const keeper = new Keeper(part, this.#clock, {
      began: (name, pid) => {
        this.#demoFile.notePid(name, pid).catch((error: unknown) => {
          this.#progress.tell(`demo.json can't be written: ${sentenceOf(error)}`)
        })
      },
      tell: (line) => this.#progress.tell(line),
    })
    await this.#closing.add(() => keeper.stop())
    await keeper.start()
  }
}
