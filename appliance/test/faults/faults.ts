import { systemRandomness } from '@probant/host'
import { openProvider } from '@probant/keys'
import { createPool } from '@probant/postgres'
import type { BoxOptions } from '../../src/box.ts'
import { ObjectFiles } from '../../src/store/files.ts'
import { interposedDatabase } from '../interposed/database.ts'
import { interposedDisk } from '../interposed/disk.ts'
import type { Hooks, Step } from '../interposed/hooks.ts'
import { interposedKeys } from '../interposed/keys.ts'
import type { World } from '../world.ts'

/** `undone`: the step fails and changed nothing. `done`: it took effect, and fails all the same. */
export type Effect = 'undone' | 'done'

/** Lets one step after the other fail, each once. */
export class Faults implements Hooks {
  #next: { step: Step; effect: Effect; error: Error } | undefined

  failOnce(step: Step, effect: Effect, error: Error): void {
    this.#next = { step, effect, error }
  }

  /** Whether what was to fail did. */
  get hasFailed(): boolean {
    return this.#next === undefined
  }

  before(step: Step): Promise<void> {
    return this.#pass(step, 'undone')
  }

  after(step: Step): Promise<void> {
    return this.#pass(step, 'done')
  }

  #pass(step: Step, effect: Effect): Promise<void> {
    const next = this.#next
    if (next?.step !== step || next.effect !== effect) return Promise.resolve()
    this.#next = undefined
    return Promise.reject(next.error)
  }
}

/** The collaborators of a box, each step of theirs under `hooks`. */
export async function interposed(
  { settings }: Pick<World, 'settings'>,
  hooks: Hooks,
): Promise<Required<Pick<BoxOptions, 'keys' | 'database' | 'files'>>> {
  const { service, owner, ...place } = settings.database
  return {
    keys: interposedKeys(await openProvider(settings.keys, systemRandomness), hooks),
    database: interposedDatabase(createPool({ ...place, ...service, max: 16 }), hooks),
    files: new ObjectFiles(settings.home, interposedDisk(hooks)),
  }
}

/** What the operating system says. */
export function systemError(code: 'ENOSPC' | 'EIO'): Error {
  const said = code === 'EIO' ? 'i/o error' : 'no space left on device'
  return Object.assign(new Error(`${code}: ${said}`), { code, errno: code === 'EIO' ? -5 : -28 })
}
