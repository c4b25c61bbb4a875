import type { Step } from '../interposed/hooks.ts'

/** When the process is killed: before a step, while it is under way, or when it is done and nobody knows yet. */
export type Moment = 'before' | 'during' | 'after'

/** Kills the process at the `call`-th passage of a step, counted from its start or from when it is told that it counts. */
export interface Kill {
  readonly step: Step
  readonly moment: Moment
  readonly call: number
  readonly counts: 'from the start' | 'when told'
  /** How long a step is under way before it is killed. */
  readonly delayMs: number
}

/** A kill for each thing that a round asks for: one under load, or one under load and one in the recovery that follows. */
export interface Round {
  readonly underLoad: Kill
  readonly inRecovery?: Kill
}

/** Steps of a deposit, in order. */
const depositSteps: readonly Step[] = [
  'stage',
  'write',
  'token',
  'lat-signature',
  'file-sync',
  'rename',
  'folder-sync',
  'begin',
  'traces',
  'rows',
  'commit',
  'reread',
  'checkpoint-signature',
  'checkpoint-rows',
  'checkpoint-commit',
  'receipt',
]

/** Passed once a deposit; the other steps are passed once a batch of them. */
const onceADeposit: ReadonlySet<Step> = new Set<Step>([
  'stage',
  'write',
  'file-sync',
  'rename',
  'folder-sync',
  'receipt',
])

const sealSteps: readonly Step[] = ['seal-traces', 'seal-commit', 'seal-checkpoint']

/** A step of the recovery, and the kill that leaves it something to do. */
const recoveries: readonly { leftBy: Step; at: Moment; step: Step }[] = [
  { leftBy: 'write', at: 'after', step: 'staging-removal' },
  { leftBy: 'folder-sync', at: 'after', step: 'object-removal' },
  { leftBy: 'traces', at: 'after', step: 'epoch' },
  { leftBy: 'commit', at: 'after', step: 'checkpoint-signature' },
  { leftBy: 'commit', at: 'after', step: 'checkpoint-commit' },
  { leftBy: 'reread', at: 'before', step: 'traces' },
  { leftBy: 'checkpoint-commit', at: 'before', step: 'commit' },
]

const moments: readonly Moment[] = ['before', 'during', 'after']

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Rounds with `kills` kills in all, spread over every step; which moment and which passage, the seed says. */
export function rounds(kills: number, seed: number): Round[] {
  const random = seeded(seed)
  const pick = <T>(from: readonly T[]): T => {
    const picked = from[Math.floor(random() * from.length)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }
  const kill = (step: Step, moment = pick(moments)): Kill => ({
    step,
    moment,
    call:
      1 + Math.floor(random() * (step.startsWith('seal') ? 1 : onceADeposit.has(step) ? 24 : 5)),
    counts: 'when told',
    delayMs: Math.floor(random() * 4),
  })
  const recovery = (): Round => {
    const { leftBy, at, step } = pick(recoveries)
    return {
      underLoad: kill(leftBy, at),
      inRecovery: { ...kill(step), call: 1, counts: 'from the start' },
    }
  }
  const planned: Round[] = []
  for (let left = kills; left > 0;) {
    const once: Round[] = depositSteps.map((step) => ({ underLoad: kill(step) }))
    once.push(recovery(), { underLoad: kill(pick(sealSteps)) })
    once.push({ underLoad: kill(pick(depositSteps)) })
    for (const round of shuffled(once, random)) {
      const cost = round.inRecovery === undefined ? 1 : 2
      if (cost > left) continue
      planned.push(round)
      left -= cost
    }
  }
  return planned
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
