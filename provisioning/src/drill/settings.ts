import { readFile, writeFile } from 'node:fs/promises'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { homePaths } from '../installation/layout.ts'
import type { PartName, Specimen } from './specimen.ts'

const members = Type.Record(Type.String(), Type.Unknown())

/** Puts these members into a part’s settings and starts it again with them; those that are objects on both sides are joined. */
export async function changeSettings(
  specimen: Specimen,
  part: PartName,
  change: Readonly<Record<string, unknown>>,
): Promise<void> {
  const path = homePaths(specimen.home).settings(part)
  const settings = Value.Parse(members, JSON.parse(await readFile(path, 'utf8')))
  for (const [name, value] of Object.entries(change)) {
    const before = settings[name]
    settings[name] =
      Value.Check(members, before) && Value.Check(members, value) ? { ...before, ...value } : value
  }
  await writeFile(path, JSON.stringify(settings, undefined, 2))
  await specimen.restart(part, 'SIGTERM')
}
