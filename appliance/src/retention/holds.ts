import { parseTrace } from '@probant/evidence'
import type { Database } from '@probant/postgres'
import { retentionRefused } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import {
  addHold,
  findHold,
  liftHold,
  listHolds,
  openedTexts,
  type Hold,
  type StoredHold,
} from '../store/holds.ts'
import { readTraces } from '../store/journal.ts'

interface Acting {
  readonly journal: Journal
  readonly actorId: string
}

/** From when this resolves, nothing that the hold names is destroyed. */
export async function placeHold(
  { journal, actorId }: Acting,
  hold: Hold,
  grounds: string,
): Promise<void> {
  const { id, vaultId, objects } = hold
  await journal.record({
    act: 'hold-placed',
    outcome: 'done',
    vault: vaultId,
    actorId,
    hidden: { grounds },
    data: { hold: id, objects: objects === null ? null : [...objects] },
    apply: (client, { seq }) => addHold(client, hold, seq),
  })
}

/** @throws BoxError `retention-refused` when it doesn't stand any more */
export async function liftPlacedHold(
  { journal, actorId }: Acting,
  { id, vaultId }: Hold,
  grounds: string,
): Promise<void> {
  await journal.record({
    act: 'hold-lifted',
    outcome: 'done',
    vault: vaultId,
    actorId,
    hidden: { grounds },
    data: { hold: id },
    apply: async (client, { seq }) => {
      if (!(await liftHold(client, id, seq)))
        throw retentionRefused('Ce gel est déjà levé.', 'This hold was lifted already.')
    },
  })
}

/** One side of a hold: when it was placed or lifted, by whom, why. Null where that was erased. */
export interface HoldSide {
  readonly at: string
  readonly by: string | null
  readonly reason: string | null
}

export interface DescribedHold {
  readonly id: string
  readonly vault: string
  readonly objects: readonly string[] | null
  readonly placed: HoldSide
  readonly lifted: HoldSide | null
}

export async function describedHold(
  database: Database,
  id: string,
): Promise<DescribedHold | undefined> {
  const hold = await findHold(database, id)
  return hold && (await described(database, [hold]))[0]
}

/** One page, newest first, with the number below which the next begins; undefined at the end. */
export async function describedHolds(
  database: Database,
  vaultId: string | null,
  beforeSeq: number,
  limit: number,
): Promise<{ items: DescribedHold[]; next: number | undefined }> {
  const found = await listHolds(database, vaultId, beforeSeq, limit + 1)
  const page = found.slice(0, limit)
  const next = found.length > limit ? page.at(-1)?.placedSeq : undefined
  return { items: await described(database, page), next }
}

/** Who, when and why are read from the journal. */
async function described(
  database: Database,
  holds: readonly StoredHold[],
): Promise<DescribedHold[]> {
  const seqs = holds.flatMap(({ placedSeq, liftedSeq }) => [placedSeq, liftedSeq ?? placedSeq])
  const texts = await openedTexts(database, seqs)
  const side = async (seq: number): Promise<HoldSide> => {
    const [trace] = await readTraces(database, seq, seq + 1)
    return {
      at: trace === undefined ? '' : parseTrace(trace.bytes).time,
      by: texts.get(`${seq}:actor`) ?? null,
      reason: texts.get(`${seq}:grounds`) ?? null,
    }
  }
  const items: DescribedHold[] = []
  for (const { id, vaultId, objects, placedSeq, liftedSeq } of holds)
    items.push({
      ...{ id, vault: vaultId, objects, placed: await side(placedSeq) },
      lifted: liftedSeq === null ? null : await side(liftedSeq),
    })
  return items
}
