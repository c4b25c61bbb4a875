import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { homePaths, repositoryRoot } from '../../installation/layout.ts'
import { everythingIsThere, GoingOn } from '../acknowledged.ts'
import { agentStatus } from '../agent-route.ts'
import { honest, withstood, type Attack, type Deed } from '../attack.ts'
import { readDemo } from '../demo.ts'
import { outcome } from '../observation.ts'
import { quickHeads } from '../schedule.ts'
import type { Specimen } from '../specimen.ts'

const survived = {
  outcome: 'survived',
  raisedBy: 'box',
  bound: 'as soon as it runs again',
  boundS: 90,
} as const

/** What breaks without anybody’s doing, or is made to: attacks 39, 41, 43 and 45. */
export const faults: readonly Attack[] = [
  withstood({
    id: '39',
    attack: 'the centre killed again and again while it takes shipments',
    ...survived,
    carryOut: killedCentre,
  }),
  withstood({
    id: '41',
    attack: 'the vault service killed again and again while deposits go on',
    ...survived,
    carryOut: (specimen) =>
      whileDepositing(specimen, async (deposits) => {
        for (const before of [3, 1, 2, 4]) {
          await deposits.more(before)
          await specimen.restart('appliance', 'SIGKILL')
        }
      }),
  }),
  withstood({
    id: '43',
    attack: 'the database killed and restarted again and again while deposits go on',
    ...survived,
    carryOut: (specimen) =>
      whileDepositing(specimen, async (deposits) => {
        for (const signal of ['SIGKILL', 'SIGINT', 'SIGKILL'] as const) {
          await deposits.more(3)
          await specimen.end('postgres', signal)
        }
      }),
  }),
  withstood({
    id: '45',
    attack: 'two vault services started on one data folder and database: the second refuses',
    outcome: 'refused',
    raisedBy: 'box',
    bound: 'at once, on the box',
    boundS: 90,
    carryOut: secondService,
  }),
  honest({
    id: '39h',
    attack: 'the centre away for some minutes of heads, the box at work meanwhile',
    ...survived,
    carryOut: async (specimen) => {
      await quickHeads(specimen)
      await specimen.end('supervisor', 'SIGSTOP')
      specimen.atEnd(() => specimen.end('supervisor', 'SIGCONT'))
      await specimen.deposit('while nobody watched')
      await specimen.clock.sleep(70_000)
      await specimen.end('supervisor', 'SIGCONT')
      return { watch: sees(specimen) }
    },
  }),
  honest({
    id: '43h',
    attack: 'the database restarted in order, as an update does',
    ...survived,
    carryOut: async (specimen) => {
      await specimen.deposit('before the update')
      await specimen.end('postgres', 'SIGINT')
      await specimen.backAgain()
      const deposits = new GoingOn(specimen)
      await deposits.more(2)
      await deposits.end()
      return { watch: sees(specimen) }
    },
  }),
]

/** What the agent finds in two shipments of which the second has to come about; what the centre finds is asked in any case. */
const sees = (specimen: Specimen) => async () => {
  await specimen.ship()
  if (!(await specimen.ship())) throw new Error('the box is not heard any more')
  return (await agentStatus(specimen)).seen
}

async function whileDepositing(
  specimen: Specimen,
  harm: (deposits: GoingOn) => Promise<void>,
): Promise<Deed> {
  const deposits = new GoingOn(specimen)
  try {
    await harm(deposits)
    await deposits.more(3)
  } finally {
    await deposits.end()
  }
  const complaints = deposits.failed === 0 ? ['no deposit was ever interrupted'] : []
  return { watch: everythingIsThere(specimen, deposits.acknowledged, complaints) }
}

/** At instants spread over what a shipment takes. */
const KILLED_AFTER_MS = [5, 100, 250, 400, 700, 1000] as const

async function killedCentre(specimen: Specimen): Promise<Deed> {
  const deposits = new GoingOn(specimen)
  try {
    for (const afterMs of KILLED_AFTER_MS) {
      await deposits.more(2)
      const shipment = specimen.ship()
      await specimen.clock.sleep(afterMs)
      await specimen.restart('supervisor', 'SIGKILL')
      await shipment
    }
  } finally {
    await deposits.end()
  }
  return { watch: everythingIsThere(specimen, deposits.acknowledged) }
}

/** As an administrator might by mistake: the launcher a second time, and the vault service beside the one that runs. */
async function secondService(specimen: Specimen): Promise<Deed> {
  const { home, firstPort } = specimen
  const deposits = new GoingOn(specimen)
  const complaints: string[] = []
  try {
    const before = specimen.demo.pids.appliance
    const settings = await secondSettings(specimen)
    const refusals = [
      await node(['provisioning/src/start.ts'], {
        ...{ PROBANT_HOME: home, PROBANT_PORTS: String(firstPort), PROBANT_CONFIG: '' },
      }),
      await node(['appliance/src/main.ts', '--settings', settings]),
    ]
    for (const [at, { code, output }] of refusals.entries())
      if (code === null || code === 0 || !REFUSAL.test(output))
        complaints.push(`start ${at} was not refused (${code}): ${output.slice(-300)}`)
    if ((await readDemo(home))?.pids.appliance !== before)
      complaints.push('the vault service that ran was disturbed')
    await deposits.more(2)
  } finally {
    await deposits.end()
  }
  if (deposits.failed > 0) complaints.push(`${deposits.failed} deposits were disturbed`)
  const watch = everythingIsThere(specimen, deposits.acknowledged, complaints)
  return {
    watch: async () =>
      (await watch()).map((seen) =>
        seen.kind === 'survived'
          ? outcome('refused', 'box', 'one vault service that writes', seen.found)
          : seen,
      ),
  }
}

const REFUSAL = /already runs on|another vault service runs on this database/

const serving = Type.Object({
  listen: Type.Object({ port: Type.Integer() }),
  administration: Type.Object({ port: Type.Integer() }),
  localSocket: Type.String(),
})

/** The vault service’s own settings, with addresses that are free. */
async function secondSettings({ home, firstPort }: Specimen): Promise<string> {
  const settings: unknown = JSON.parse(
    await readFile(homePaths(home).settings('appliance'), 'utf8'),
  )
  if (!Value.Check(serving, settings)) throw new Error('the vault service has other settings')
  settings.listen.port = firstPort + 7
  settings.administration.port = firstPort + 8
  settings.localSocket = join(dirname(settings.localSocket), 'second')
  const path = homePaths(home).settings('second')
  await writeFile(path, JSON.stringify(settings), { mode: 0o600 })
  return path
}

const LONGEST_START_MS = 60_000

/** Runs a program of ours until it ends; code null when it doesn't and had to be stopped. */
async function node(
  [program = '', ...rest]: string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(repositoryRoot, program), ...rest], {
    env: { ...process.env, ...environment, npm_lifecycle_event: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_START_MS,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-4000)))
  await once(child, 'close')
  return { code: child.exitCode, output }
}
