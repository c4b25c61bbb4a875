import { join, resolve } from 'node:path'
import { ProvisioningError } from '../errors.ts'

/** Where each address of an installation listens: ten ports in a row are its own, seven are used. */
export interface Ports {
  portal: number
  administration: number
  supervision: number
  ssh: number
  mail: number
  centreAdministration: number
  agentAdministration: number
}

/** Folders and files of one installation, all absolute. */
export interface Layout {
  /** The clone: package.json, the components' sources, node_modules. */
  root: string
  /** PROBANT_HOME: everything that this installation keeps. */
  home: string
  ports: Ports
  configuration: string | undefined
}

const DEFAULT_FIRST_PORT = 8080
const PORTS_IN_A_ROW = 10
export const repositoryRoot = resolve(import.meta.dirname, '../../..')

/** The host on which everything listens: a name would leave to the resolver which family is bound. */
export const LOOPBACK = '127.0.0.1'

/** Reads PROBANT_HOME, PROBANT_PORTS and PROBANT_CONFIG; relative paths start at the working folder. */
export function readLayout(environment: NodeJS.ProcessEnv, workingFolder: string): Layout {
  const home = environment['PROBANT_HOME']
  const configuration = environment['PROBANT_CONFIG']
  return {
    root: repositoryRoot,
    home: isGiven(home) ? resolve(workingFolder, home) : join(repositoryRoot, '.probant'),
    ports: portsFrom(environment['PROBANT_PORTS']),
    configuration: isGiven(configuration) ? resolve(workingFolder, configuration) : undefined,
  }
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

function portsFrom(text: string | undefined): Ports {
  const first = isGiven(text) ? Number(text) : DEFAULT_FIRST_PORT
  const last = 65_536 - PORTS_IN_A_ROW
  if (!Number.isInteger(first) || first < 1 || first > last)
    throw new ProvisioningError(
      'bad-environment',
      `PROBANT_PORTS is "${text ?? ''}", but it has to be a whole number from 1 to ${last}, the first of ten ports, for instance PROBANT_PORTS=9080.`,
    )
  return {
    portal: first,
    administration: first + 1,
    supervision: first + 2,
    ssh: first + 3,
    mail: first + 4,
    centreAdministration: first + 5,
    agentAdministration: first + 6,
  }
}

/** Paths inside PROBANT_HOME, named once. */
export function homePaths(home: string) {
  const at = (...parts: string[]) => join(home, ...parts)
  return {
    state: at('installation.json'),
    demo: at('demo.json'),
    processes: at('processes.json'),
    settings: (part: string) => at('settings', `${part}.json`),
    database: at('postgres'),
    box: at('box'),
    agent: at('agent'),
    centre: at('centre'),
    keys: (part: string) => at('keys', part),
    mail: at('mail'),
    anchors: at('anchors'),
    logs: at('logs'),
    log: (part: string) => at('logs', `${part}.log`),
    pages: (name: string) => at('pages', name),
  }
}
