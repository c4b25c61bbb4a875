import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { STATE_FILE, type MachineState } from './interposed/state.ts'
import type { Specimen } from './specimen.ts'

const stateFile = (home: string): string => `${home}.machine.json`

/** What the copy’s processes have to be started with, so that their clock, disk and key store can be made to misbehave. */
export async function interposed(home: string): Promise<NodeJS.ProcessEnv> {
  // of the attack before
  await rm(stateFile(home), { force: true })
  const program = pathToFileURL(join(import.meta.dirname, 'interposed/machine.ts'))
  return { NODE_OPTIONS: `--import=${program.href}`, [STATE_FILE]: stateFile(home) }
}

/** How long a process may take to notice. */
const NOTICED_WITHIN_MS = 200

/** Has the machine under these processes do this from now on, until it is told something else. */
export async function machine(specimen: Specimen, state: MachineState): Promise<void> {
  const path = stateFile(specimen.home)
  await writeFile(`${path}.new`, JSON.stringify(state))
  await rename(`${path}.new`, path)
  await specimen.clock.sleep(NOTICED_WITHIN_MS)
}

/** It works again. */
export const heal = (specimen: Specimen): Promise<void> => machine(specimen, { parts: [] })
