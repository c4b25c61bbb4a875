import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@probant/host'
import { ProvisioningError } from '../errors.ts'
import type { Attack } from './attack.ts'
import { copyAtRest, copyRunning, makeCopyFolder } from './copy.ts'
import { runningDemo } from './demo.ts'
import { interposed } from './machine.ts'
import { freePorts } from './ports.ts'
import { Specimen } from './specimen.ts'
import { judge, type Verdict } from './verdict.ts'

export interface DrillOptions {
  /** The installation that runs, of which copies are made. */
  readonly home: string
  readonly clock: Clock
  readonly attacks: readonly Attack[]
  /** Told of each verdict as it falls. */
  readonly tell: (verdict: Verdict) => void
  /** Aborted when somebody has had enough. */
  readonly interrupted: AbortSignal
}

/**
 * Copies a running installation once, and carries each attack out on a fresh copy of that copy.
 * @throws ProvisioningError `bad-environment` when there is none, or when it is not sound to begin with
 */
export async function drill(options: DrillOptions): Promise<Verdict[]> {
  const { home, clock, attacks, tell, interrupted } = options
  await runningDemo(home)
  const folder = await makeCopyFolder()
  const pristine = join(folder, 'pristine')
  const working = join(folder, 'copy')
  const verdicts: Verdict[] = []
  try {
    await copyRunning(home, pristine)
    await onCopy(pristine, clock, prepare)
    for (const attack of attacks) {
      if (interrupted.aborted) break
      await copyAtRest(pristine, working)
      const environment = attack.isInterposed === true ? await interposed(working) : {}
      const judging = (specimen: Specimen) => judge(attack, specimen)
      const verdict = await onCopy(working, clock, judging, environment)
      verdicts.push(verdict)
      tell(verdict)
    }
    return verdicts
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function onCopy<T>(
  home: string,
  clock: Clock,
  work: (specimen: Specimen) => Promise<T>,
  environment: NodeJS.ProcessEnv = {},
): Promise<T> {
  const specimen = new Specimen(home, await freePorts(), clock)
  try {
    await specimen.start(environment)
    return await work(specimen)
  } finally {
    await specimen.stop()
  }
}

/**
 * A few acts of every standing (audited, witnessed) in a journal that is sound: what an earlier hand did to the installation itself
 * would otherwise be taken for the attack.
 */
async function prepare(specimen: Specimen): Promise<void> {
  const known = (await specimen.findings()).length
  for (let at = 1; at <= 5; at += 1) await specimen.deposit(`drill-${at}`)
  const shipped = await specimen.ship()
  for (let at = 6; at <= 8; at += 1) await specimen.deposit(`drill-${at}`)
  const isSound = shipped && (await specimen.ship())
  const found = await specimen.findings()
  if (isSound && found.length === known) return
  const kinds = found.map(({ kind }) => kind).join(', ')
  throw new ProvisioningError(
    'bad-environment',
    `The installation itself is not sound (${kinds || 'it does not ship'}): the drill begins with one that is.`,
  )
}
