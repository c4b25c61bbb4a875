import type { Client } from '@probant/postgres'
import { instant, ms } from './rows.ts'

/**
 * Says that the centre runs now. Of several processes whose clocks differ a little the latest counts; a clock that was set
 * back is followed.
 * @returns when it last said so before; null the first time
 */
export async function noteAlive(client: Client, atMs: number): Promise<number | null> {
  const { rows } = await client.query<{ alive_at: Date }>(
    'SELECT alive_at FROM centre.presence FOR UPDATE',
  )
  await client.query(
    `INSERT INTO centre.presence (alive_at) VALUES ($1)
     ON CONFLICT (singleton) DO UPDATE SET alive_at = CASE
       WHEN presence.alive_at - $1 BETWEEN interval '0' AND interval '2 minutes' THEN presence.alive_at
       ELSE $1 END`,
    [instant(atMs)],
  )
  return rows[0] === undefined ? null : ms(rows[0].alive_at)
}

export async function insertAbsence(client: Client, fromMs: number, toMs: number): Promise<void> {
  await client.query(
    'INSERT INTO centre.absences (from_at, to_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [instant(fromMs), instant(toMs)],
  )
}

/** The shortest interval of heads that any box is held to, in seconds, and how many boxes there are. */
export async function watched(
  client: Client,
): Promise<{ boxes: number; shortestHeadsSeconds: number | null }> {
  const { rows } = await client.query<{ boxes: number; shortest: number | null }>(
    'SELECT count(*)::int AS boxes, min(heads_every_seconds) AS shortest FROM centre.schedules',
  )
  return { boxes: rows[0]?.boxes ?? 0, shortestHeadsSeconds: rows[0]?.shortest ?? null }
}

/** Of two front ends that change tables or rights, the second goes on when the first has committed. In a transaction. */
export async function waitForTurn(client: Client): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtext('probant centre tables'))")
}

/** In a transaction, while others that would make the same partitions wait. */
export async function ensurePartitions(client: Client, atMs: number): Promise<void> {
  await waitForTurn(client)
  await client.query('SELECT centre.ensure_partitions($1)', [instant(atMs)])
}
