import type { Attack, Deed } from './attack.ts'
import { seenByCentre, whereOf, type Observation } from './observation.ts'
import type { Specimen } from './specimen.ts'

/** One line of the table. */
export interface Verdict {
  readonly id: string
  readonly attack: string
  /** What was raised; null for an honest twin that nobody accused, and for an attack that nobody noticed. */
  readonly kind: string | null
  readonly where: string | null
  /** From the end of the attack to the finding being readable. */
  readonly delayS: number | null
  readonly honestTwin: boolean
  readonly passed: boolean
  readonly raisedBy: string
  readonly expected: readonly string[]
  readonly bound: string
  /** Kinds raised beside it. */
  readonly others: readonly string[]
  /** Both sides of the finding. */
  readonly sides: { readonly expected: string; readonly found: string } | null
  /** Why it did not pass. */
  readonly why: string | null
}

const LOOK_EVERY_MS = 250
/** Not for what may come, but for what is under way. */
const SETTLING_MS = 1500
const MOST_SHIPMENTS = 3

/** Carries one entry out on a copy and waits for what it raises. What can't be carried out did not pass, and the others go on. */
export async function judge(attack: Attack, specimen: Specimen): Promise<Verdict> {
  try {
    return await carryOut(attack, specimen)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return verdict(attack, { others: [], why: `it could not be carried out: ${why}` })
  }
}

async function carryOut(attack: Attack, specimen: Specimen): Promise<Verdict> {
  const known = new Set((await specimen.findings()).map(({ id }) => id))
  const deed = await attack.carryOut(specimen)
  const fresh = async () =>
    (await specimen.findings()).filter(({ id }) => !known.has(id)).map(seenByCentre)
  const watch = deed.watch ?? watchShipping(specimen, fresh)
  if (attack.isWithstood === true) return judgeWithstood(attack, deed, specimen, watch, fresh)
  return attack.honestTwin
    ? judgeHonest(attack, specimen, watch, fresh)
    : judgeAttack(attack, deed, specimen, watch)
}

type Watch = () => Promise<readonly Observation[]>

/** Shipments until it shows: one that comes about may be followed by another, in which what was asked again is answered. */
function watchShipping(specimen: Specimen, fresh: Watch): Watch {
  let shipments = 0
  return async () => {
    if (shipments < MOST_SHIPMENTS && (await specimen.ship())) shipments += 1
    return fresh()
  }
}

async function judgeAttack(
  attack: Attack,
  deed: Deed,
  { clock }: Specimen,
  watch: Watch,
): Promise<Verdict> {
  const begunMs = clock.nowMs()
  let seen: readonly Observation[] = []
  for (;;) {
    seen = await watch().catch(() => seen)
    const found = seen.find((each) => isIt(attack, deed, each))
    const delayS = Math.round((clock.nowMs() - begunMs) / 10) / 100
    if (found !== undefined)
      return verdict(attack, { found, delayS, others: othersOf(seen, found), why: null })
    if (delayS > attack.boundS)
      return verdict(attack, { others: seen.map(({ kind }) => kind), why: missed(deed, seen) })
    await clock.sleep(LOOK_EVERY_MS)
  }
}

/** It was refused or survived, and nobody accused on the way. */
async function judgeWithstood(
  attack: Attack,
  deed: Deed,
  specimen: Specimen,
  watch: Watch,
  fresh: Watch,
): Promise<Verdict> {
  const said = await judgeAttack(attack, deed, specimen, watch)
  await specimen.clock.sleep(SETTLING_MS)
  const accused = await fresh()
  const others = [...new Set(accused.map(({ kind }) => kind))]
  if (!said.passed || accused.length === 0) return { ...said, others }
  return { ...said, others, passed: false, why: `somebody was accused of it: ${others.join(', ')}` }
}

async function judgeHonest(
  attack: Attack,
  { clock }: Specimen,
  watch: Watch,
  fresh: Watch,
): Promise<Verdict> {
  const noticed = await watch()
  await clock.sleep(SETTLING_MS)
  const seen = [...noticed, ...(await fresh())]
  const accused = seen.find(({ kind }) => !attack.expected.includes(kind))
  const others = [...new Set(seen.map(({ kind }) => kind))]
  return accused === undefined
    ? verdict(attack, { others, why: null })
    : verdict(attack, {
        found: accused,
        others: othersOf(seen, accused),
        why: 'nothing wrong was done, and it was raised all the same',
      })
}

function isIt({ expected }: Attack, { seq, object }: Deed, observation: Observation): boolean {
  if (!expected.includes(observation.kind)) return false
  if (seq !== undefined && observation.seq !== seq) return false
  return object === undefined || observation.found.includes(object)
}

const othersOf = (seen: readonly Observation[], it: Observation): string[] => [
  ...new Set(seen.filter((each) => each !== it && each.kind !== it.kind).map(({ kind }) => kind)),
]

function missed({ seq, object }: Deed, seen: readonly Observation[]): string {
  const place = seq !== undefined ? ` at trace ${seq}` : object === undefined ? '' : ` of ${object}`
  const had = seen.map((each) => `${each.kind} (${whereOf(each)}: ${each.found})`)
  return `nothing expected${place} within the bound; raised: ${had.join(', ') || 'nothing'}`
}

function verdict(
  attack: Attack,
  outcome: {
    found?: Observation
    delayS?: number
    others: readonly string[]
    why: string | null
  },
): Verdict {
  const { found, delayS = null, others, why } = outcome
  return {
    id: attack.id,
    attack: attack.attack,
    kind: found?.kind ?? null,
    where: found === undefined ? null : whereOf(found),
    delayS,
    honestTwin: attack.honestTwin,
    passed: why === null,
    raisedBy: found?.by ?? attack.raisedBy,
    expected: attack.expected,
    bound: attack.bound,
    others,
    sides: found === undefined ? null : { expected: found.expected, found: found.found },
    why,
  }
}
