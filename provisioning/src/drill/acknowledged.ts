import { one } from './journal-places.ts'
import { outcome, type Observation } from './observation.ts'
import { heldAgainstBox } from './receipt-holder.ts'
import type { DepositAnswer, Specimen } from './specimen.ts'

const PAUSE_MS = 50

/** Deposits made one after the other, whatever happens meanwhile: those that were answered are kept, the others were not promised. */
export class GoingOn {
  readonly acknowledged: DepositAnswer[] = []
  /** Deposits that got no answer, or a refusal. */
  failed = 0
  #isOver = false
  readonly #specimen: Specimen
  readonly #loop: Promise<void>

  constructor(specimen: Specimen) {
    this.#specimen = specimen
    this.#loop = this.#run()
  }

  /** Waits for this many more that are acknowledged. @throws Error when they do not come */
  async more(count: number, withinMs = 90_000): Promise<void> {
    const wanted = this.acknowledged.length + count
    for (let waitedMs = 0; this.acknowledged.length < wanted; waitedMs += PAUSE_MS) {
      if (waitedMs > withinMs) throw new Error('deposits are no longer acknowledged')
      await this.#specimen.clock.sleep(PAUSE_MS)
    }
  }

  async end(): Promise<readonly DepositAnswer[]> {
    this.#isOver = true
    await this.#loop
    return this.acknowledged
  }

  async #run(): Promise<void> {
    for (let at = 0; !this.#isOver; at += 1) {
      const answer = await this.#specimen.deposit(`going on ${at}`).catch(() => undefined)
      if (answer === undefined) this.failed += 1
      else this.acknowledged.push(answer)
      await this.#specimen.clock.sleep(PAUSE_MS)
    }
  }
}

/**
 * What isn't as it was acknowledged, on the box: each deposit has its object once and its very trace under a signed head, and fsck finds
 * nothing.
 */
export async function missingOnBox(
  specimen: Specimen,
  deposits: readonly DepositAnswer[],
): Promise<string[]> {
  const missing: string[] = []
  for (const deposit of deposits)
    if ((await heldAgainstBox(specimen, deposit)).length > 0)
      missing.push(`the trace of object ${deposit.id} is gone`)
  const ids = deposits.map(({ id }) => id)
  const { objects, traces } = await specimen.root(async (client) =>
    one(
      await client.query<{ objects: number; traces: number }>(
        `SELECT (SELECT count(*) FROM vault.objects WHERE id = ANY ($1::uuid[])) AS objects,
           (SELECT count(*) FROM journal.traces
            WHERE object = ANY ($1::uuid[]) AND act = 'deposit' AND outcome = 'done') AS traces`,
        [ids],
      ),
    ),
  )
  if (objects !== ids.length || traces !== ids.length)
    missing.push(`of ${ids.length} objects ${objects} are there, with ${traces} deposit traces`)
  const fsck = await specimen.probant('box', 'fsck')
  if (fsck.code !== 0) missing.push(`fsck ended with ${fsck.code}: ${fsck.output.slice(-500)}`)
  return missing
}

/** What isn't as it should be at the centre: segments that join without hole or overlap, up to a head of the box with the same root. */
export async function missingAtCentre(specimen: Specimen, atLeast: number): Promise<string[]> {
  const { audited, root, joined, last } = await specimen.root(
    async (client) =>
      one(
        await client.query<{ audited: number; root: string; joined: boolean; last: number }>(
          `SELECT audited_size AS audited, encode(audited_root, 'hex') AS root, s.joined, s.last
           FROM centre.origins, (
             SELECT bool_and(start_seq = before) AS joined, max(end_seq) AS last FROM (
               SELECT start_seq, end_seq, lag(end_seq, 1, 0) OVER (ORDER BY ordinal) AS before
               FROM centre.segments) each) s`,
        ),
      ),
    'centre',
  )
  const missing: string[] = []
  if (!joined || last !== audited)
    missing.push(`the centre's segments do not join (up to ${last}, audited ${audited})`)
  if (audited < atLeast)
    missing.push(`the centre has audited ${audited} traces of ${atLeast} that were shipped`)
  const own = await specimen.root(async (client) => {
    const found = await client.query<{ root: string }>(
      `SELECT encode(root, 'hex') AS root FROM journal.checkpoints WHERE size = $1`,
      [audited],
    )
    return found.rows[0]?.root
  })
  if (own !== root) missing.push(`the centre audited another root at size ${audited}`)
  return missing
}

/** Size of the journal, all of which a shipment that begins now has to bring. */
export async function journalSize(specimen: Specimen): Promise<number> {
  return specimen.root(
    async (client) =>
      one(await client.query<{ size: number }>('SELECT size FROM journal.state')).size,
  )
}

/** A shipment that comes about, and after it all that was acknowledged, on the box and at the centre. `others` are complaints of the attack’s own. */
export function everythingIsThere(
  specimen: Specimen,
  deposits: readonly DepositAnswer[],
  others: readonly string[] = [],
): () => Promise<readonly Observation[]> {
  return async () => {
    const size = await journalSize(specimen)
    const isShipped = await specimen.ship()
    const missing = [
      ...others,
      ...(isShipped ? [] : ['the agent does not get through to its centre']),
      ...(await missingOnBox(specimen, deposits)),
      ...(await missingAtCentre(specimen, size)),
    ]
    const expected = 'all that was acknowledged, once, on the box and at the centre'
    const [first] = missing
    if (first !== undefined)
      return [{ kind: 'lost', by: 'box', seq: null, expected, found: missing.join('; ') }]
    return [outcome('survived', 'box', expected, `${deposits.length} deposits, ${size} traces`)]
  }
}
