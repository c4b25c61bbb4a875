import { rm } from 'node:fs/promises'
import { copyRunning } from './copy.ts'
import { freePorts } from './ports.ts'
import { Specimen } from './specimen.ts'

/** The whole installation once more, with the same keys, identities and history: box, agent and centre, started. */
export async function startClone(original: Specimen): Promise<Specimen> {
  const home = `${original.home}-clone`
  await copyRunning(original.home, home)
  const clone = new Specimen(home, await freePorts(), original.clock)
  original.atEnd(async () => {
    await clone.stop()
    await rm(home, { recursive: true, force: true })
  })
  await clone.start()
  return clone
}
