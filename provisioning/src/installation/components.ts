import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably, type Clock } from '@probant/host'
import type { Configuration } from '../configuration/schema.ts'
import type { Part } from '../processes/keeper.ts'
import { servicePart } from '../processes/service.ts'
import {
  agentIdentitySchema,
  boxIdentitySchema,
  centreIdentitySchema,
  type AgentIdentity,
  type BoxIdentity,
  type CentreIdentity,
} from './identities.ts'
import { initialise } from './initialise.ts'
import { homePaths, LOOPBACK, type Layout } from './layout.ts'
import { agentSettings, applianceSettings, supervisorSettings, type Sockets } from './settings.ts'
import type { StateFile } from './state.ts'

export type ComponentName = 'appliance' | 'agent' | 'supervisor'

export interface ComponentsOptions {
  layout: Layout
  configuration: Configuration
  state: StateFile
  sockets: Sockets
  clock: Clock
  record: (name: string, pid: number) => void
  /** Aborted when the start is given up: an `initialise` under way ends with it. */
  interrupted: AbortSignal
}

/** The three components as settings files, identities and processes; their code is never imported. */
export class Components {
  readonly #options: ComponentsOptions

  constructor(options: ComponentsOptions) {
    this.#options = options
  }

  async prepareSupervisor(): Promise<CentreIdentity> {
    const { state, configuration } = this.#options
    await this.#writeSettings('supervisor', supervisorSettings(this.#given()))
    // whoever configures the installation gives this address: the centre alerts it from the start
    const given = ['--contact', configuration.centre.contact]
    const identity =
      state.value.centre ??
      (await initialise(centreIdentitySchema, { ...this.#initialiser('supervisor'), given }))
    await state.update((value) => {
      value.centre = identity
    })
    return identity
  }

  async prepareAppliance(centre: CentreIdentity): Promise<BoxIdentity> {
    const { state } = this.#options
    await this.#writeSettings('appliance', applianceSettings(this.#given(), centre))
    const identity =
      state.value.box ?? (await initialise(boxIdentitySchema, this.#initialiser('appliance')))
    await state.update((value) => {
      value.box = identity
    })
    return identity
  }

  async prepareAgent(centre: CentreIdentity): Promise<AgentIdentity> {
    const { state } = this.#options
    await this.#writeSettings('agent', agentSettings(this.#given(), centre))
    const identity =
      state.value.agent ?? (await initialise(agentIdentitySchema, this.#initialiser('agent')))
    await state.update((value) => {
      value.agent = identity
    })
    return identity
  }

  part(name: ComponentName): Part {
    const { layout, clock, record } = this.#options
    const { administration, centreAdministration, agentAdministration } = layout.ports
    const port = {
      appliance: administration,
      supervisor: centreAdministration,
      agent: agentAdministration,
    }[name]
    const paths = homePaths(layout.home)
    return servicePart({
      name,
      arguments: [this.#source(name, 'main.ts'), '--settings', paths.settings(name)],
      workingFolder: layout.root,
      log: paths.log(name),
      // A box whose journal was altered runs without being ready, so that its agent can tell the centre.
      readyUrl: `http://${LOOPBACK}:${port}/${name === 'supervisor' ? 'readyz' : 'healthz'}`,
      clock,
      record: (pid) => record(name, pid),
    })
  }

  #given() {
    const { layout, configuration, state, sockets } = this.#options
    return { layout, configuration, state: state.value, sockets }
  }

  #initialiser(name: ComponentName) {
    const paths = homePaths(this.#options.layout.home)
    return {
      name,
      entry: this.#source(name, 'initialise.ts'),
      settings: paths.settings(name),
      log: paths.log(name),
      interrupted: this.#options.interrupted,
    }
  }

  #source(name: ComponentName, file: string): string {
    return join(this.#options.layout.root, name, 'src', file)
  }

  async #writeSettings(
    name: ComponentName,
    settings: { home: string; keys: { folder: string } },
  ): Promise<void> {
    for (const folder of [settings.home, settings.keys.folder])
      await mkdir(folder, { recursive: true, mode: 0o700 })
    const path = homePaths(this.#options.layout.home).settings(name)
    await writeDurably(path, `${JSON.stringify(settings, undefined, 2)}\n`, 0o600)
  }
}
