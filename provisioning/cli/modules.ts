import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command } from 'commander'
import { repositoryRoot } from '../src/installation/layout.ts'

/** What every command is given. */
export interface CommandContext {
  /** PROBANT_HOME: the local installation that commands without other directions mean. */
  home: string
}

interface CommandModule {
  register(program: Command, context: CommandContext): void | Promise<void>
}

interface CommandOwner {
  commands: string[]
  /** Its module, from the root of the project. */
  file: string
}

/** Whose commands are where: by name only, since provisioning imports no component. */
const knownOwners: CommandOwner[] = [
  { commands: ['verify'], file: 'provisioning/cli/verify.ts' },
  { commands: ['verify-page'], file: 'provisioning/cli/verify-page.ts' },
  { commands: ['journal'], file: 'provisioning/cli/journal.ts' },
  { commands: ['drill'], file: 'provisioning/cli/drill.ts' },
  { commands: ['deposit', 'get', 'box'], file: 'appliance/src/commands.ts' },
  { commands: ['agent'], file: 'agent/src/commands.ts' },
  { commands: ['supervisor'], file: 'supervisor/src/commands.ts' },
]

/** Loads command modules: only the one that is meant where the first word says which. */
export class CommandModules {
  readonly #context: CommandContext
  readonly #owners: CommandOwner[]

  constructor(context: CommandContext, owners = knownOwners) {
    this.#context = context
    this.#owners = owners
  }

  /**
   * Registers the commands that a call starting with `first` may need.
   * @returns a sentence for each module that could not be loaded; the others work all the same
   * @throws Error when the very command that is asked for can't be loaded
   */
  async registerFor(program: Command, first: string | undefined): Promise<string[]> {
    const owner = this.#owners.find(
      ({ commands }) => first !== undefined && commands.includes(first),
    )
    if (owner !== undefined) {
      await this.#register(program, owner)
      return []
    }
    const problems: string[] = []
    for (const each of this.#owners)
      await this.#register(program, each).catch((error: unknown) => {
        problems.push(error instanceof Error ? error.message : String(error))
      })
    return problems
  }

  async #register(program: Command, { commands, file }: CommandOwner): Promise<void> {
    try {
      const module: unknown = await import(pathToFileURL(join(repositoryRoot, file)).href)
      if (!isCommandModule(module)) throw new Error(`${file} exports no register`)
      await module.register(program, this.#context)
    } catch (error) {
      const [why] = (error instanceof Error ? error.message : String(error)).split('\n')
      throw new Error(`The commands ${commands.join(', ')} can't be loaded: ${why ?? file}`, {
        cause: error,
      })
    }
  }
}

function isCommandModule(module: unknown): module is CommandModule {
  return (
    typeof module === 'object' &&
    module !== null &&
    'register' in module &&
    typeof module.register === 'function'
  )
}
