import { readFile } from 'node:fs/promises'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { ProvisioningError } from '../errors.ts'
import { homePaths } from '../installation/layout.ts'
import { identify } from '../processes/identity.ts'

const demoFile = Type.Object({
  api: Type.String(),
  admin: Type.String(),
  supervisionApi: Type.String(),
  token: Type.String(),
  adminToken: Type.String(),
  supervisionToken: Type.String(),
  vault: Type.String(),
  mail: Type.String(),
  pids: Type.Object({
    appliance: Type.Integer(),
    agent: Type.Integer(),
    supervisor: Type.Integer(),
    postgres: Type.Integer(),
  }),
})

/** `demo.json`, as far as the drill needs it. */
export type DemoAccess = Static<typeof demoFile>

/** What runs in a folder; undefined when nothing is ready there. */
export async function readDemo(home: string): Promise<DemoAccess | undefined> {
  const text = await readFile(homePaths(home).demo, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const value: unknown = JSON.parse(text)
  if (!Value.Check(demoFile, value)) return undefined
  return Object.values(value.pids).every((pid) => identify(pid) !== undefined) ? value : undefined
}

/** @throws ProvisioningError `bad-environment` when no installation runs there that can be copied */
export async function runningDemo(home: string): Promise<DemoAccess> {
  const demo = await readDemo(home)
  if (demo === undefined)
    throw new ProvisioningError(
      'bad-environment',
      `No installation runs in ${home}: start one with npm start, or name its folder with PROBANT_HOME.`,
    )
  const keys: unknown = JSON.parse(await readFile(homePaths(home).settings('appliance'), 'utf8'))
  if (!Value.Check(softwareKeys, keys))
    throw new ProvisioningError(
      'bad-environment',
      `The keys of ${home} are in hardware, which can't be copied: the drill needs an installation with software keys.`,
    )
  return demo
}

const softwareKeys = Type.Object({ keys: Type.Object({ provider: Type.Literal('software') }) })
