import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemRandomness } from '@probant/host'
import { openProvider } from '@probant/keys'
import { homePaths } from '../installation/layout.ts'
import type { Specimen } from './specimen.ts'

/** Where a key of the copy lies. */
export const keyFile = ({ home }: Specimen, part: 'box' | 'agent', label: string): string =>
  join(homePaths(home).keys(part), `${label}.key.json`)

/** Puts another key of the same kind in a key’s place. */
export async function exchangeKey(
  specimen: Specimen,
  part: 'box' | 'agent',
  label: string,
): Promise<void> {
  await rm(keyFile(specimen, part, label))
  const folder = homePaths(specimen.home).keys(part)
  const keys = await openProvider({ provider: 'software', folder }, systemRandomness)
  await keys.generate(label, 'ec-p256')
  await keys.close()
}
