import type { Client } from '@probant/postgres'
import type { Specimen } from './specimen.ts'

/** Where the parts of the journal end: what each may be tampered with, and who would know. */
export interface JournalPlaces {
  /** Traces that the centre has stored. */
  readonly audited: number
  /** Traces under a head that the centre cosigned. */
  readonly witnessed: number
  readonly size: number
}

export async function journalPlaces(specimen: Specimen): Promise<JournalPlaces> {
  const { audited, witnessed } = await specimen.root(
    async (client) =>
      one(
        await client.query<{ audited: number; witnessed: number }>(
          `SELECT max(audited_size) AS audited, max(witnessed_size) AS witnessed FROM centre.origins`,
        ),
      ),
    'centre',
  )
  const { size } = await specimen.root(async (client) =>
    one(await client.query<{ size: number }>('SELECT size FROM journal.state')),
  )
  return { audited: audited, witnessed, size }
}

/** Newest trace of an act below a size: an audited one is the middle of the journal. */
export async function newestOf(client: Client, act: string, below: number): Promise<number> {
  const { seq } = one(
    await client.query<{ seq: number | null }>(
      `SELECT max(seq) AS seq FROM journal.traces WHERE act = $1 AND outcome = 'done' AND seq < $2`,
      [act, below],
    ),
  )
  if (seq === null) throw new Error(`the copy has no trace of the act ${act} below ${below}`)
  return seq
}

export function one<Row>({ rows }: { rows: Row[] }): Row {
  const [row] = rows
  if (row === undefined) throw new Error('a row that has to be there is not')
  return row
}
