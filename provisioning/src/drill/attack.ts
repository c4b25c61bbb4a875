import type { Observation } from './observation.ts'
import type { Specimen } from './specimen.ts'

/** Who has to notice. `holder`: somebody outside who holds a receipt. */
export type Witness = 'box' | 'centre' | 'either' | 'holder'

/** What was done, and how it is to show. */
export interface Deed {
  /** First bad trace that a finding has to name; absent where none can be named. */
  readonly seq?: number | undefined
  /** Object that a finding has to name. */
  readonly object?: string | undefined
  /** What is asked, again and again, until it shows: by default the centre, after a shipment. */
  readonly watch?: (() => Promise<readonly Observation[]>) | undefined
}

/** One entry of the catalogue: an attack, or the honest event that looks like it. */
export interface Attack {
  /** Number in the catalogue, with a letter where there are several: `4b`; an honest twin ends with `h`. */
  readonly id: string
  readonly attack: string
  readonly honestTwin: boolean
  /** Nobody has to be accused: what is expected is that it was refused or survived, and that all which was acknowledged is there. */
  readonly isWithstood?: boolean | undefined
  /** Something stands between its processes and their machine, which the attack makes misbehave. */
  readonly isInterposed?: boolean | undefined
  /** Kinds of which one has to be raised; for an honest twin, those that may be. */
  readonly expected: readonly string[]
  readonly raisedBy: Witness
  /** How soon, in the product’s own terms, and in seconds from the occasion on. */
  readonly bound: string
  readonly boundS: number
  readonly carryOut: (specimen: Specimen) => Promise<Deed>
}

/** An entry that can’t be carried out yet. */
export interface Waiting {
  readonly id: string
  readonly attack: string
  /** What it waits for. */
  readonly waitsFor: string
}

/** Both sides of the attack are at work on the same machine, so a shipment takes seconds; what a real one waits for stands in `bound`. */
export const atShipment = {
  bound: 'the next shipment (a night at most), or “agent ship --now”',
  boundS: 30,
} as const

export function attack(entry: Omit<Attack, 'honestTwin'>): Attack {
  return { ...entry, honestTwin: false }
}

/**
 * An attack or a fault that leaves nothing to find: its own check says that it was `refused` or `survived`, which it says of what it sees
 * only, and any finding beside it accuses somebody honest.
 */
export function withstood(
  entry: Omit<Attack, 'honestTwin' | 'expected' | 'isWithstood'> & {
    readonly outcome: 'refused' | 'survived'
  },
): Attack {
  const { outcome, ...rest } = entry
  return { ...rest, honestTwin: false, expected: [outcome], isWithstood: true }
}

export function honest(
  entry: Omit<Attack, 'honestTwin' | 'expected' | 'raisedBy'> & {
    readonly mayRaise?: readonly string[]
  },
): Attack {
  const { mayRaise = [], ...rest } = entry
  return { ...rest, honestTwin: true, expected: mayRaise, raisedBy: 'either' }
}
