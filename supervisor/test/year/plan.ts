import { seeded } from '../kill/plan.ts'

/** What happens to a box in one of its windows. */
export const FAULTS = [
  'silent',
  'late',
  'altered',
  'altered-again',
  'truncated',
  'rolled-back',
  'forked',
  'wrong-key',
  'wrong-box',
  'restored',
  'skewed',
  'garbage',
  'failed-check',
] as const
/** What honest boxes and centres live through. */
export const HONEST = [
  'maintained',
  'cut',
  'twice',
  'in-grace',
  'centre-restarted',
  'centre-away',
] as const

export type Event = (typeof FAULTS)[number] | (typeof HONEST)[number]

/** For each box, what befalls it in which of its windows; windows without an entry are ordinary. Each kind once a box at most. */
export function yearOf(seed: number, boxes: number, windows: number): ReadonlyMap<number, Event>[] {
  const random = seeded(seed)
  return Array.from({ length: boxes }, () => {
    const events = [...FAULTS, ...HONEST].filter(() => random() < 0.6)
    const free = Array.from({ length: windows }, (_, at) => at).slice(2, -2)
    const year = new Map<number, Event>()
    for (const event of events) {
      const [at] = free.splice(Math.floor(random() * free.length), 1)
      if (at !== undefined) year.set(at, event)
    }
    return year
  })
}
