import type { Queryable } from './journal.ts'

/** Keeps the public halves of signing keys, SPKI in DER; those that are there stay. */
export async function keepSigningKeys(
  client: Queryable,
  spkis: readonly Uint8Array[],
): Promise<void> {
  await client.query(
    `INSERT INTO journal.signing_keys (sha256, spki)
     SELECT sha256(spki), spki FROM unnest($1::bytea[]) AS given (spki)
     ON CONFLICT (sha256) DO NOTHING`,
    [spkis.map((spki) => Buffer.from(spki))],
  )
}

/** The public half of a signing key of this box, of now or before. */
export async function findSigningKey(
  client: Queryable,
  sha256: Uint8Array,
): Promise<Uint8Array | undefined> {
  const { rows } = await client.query<{ spki: Buffer }>(
    `SELECT spki FROM journal.signing_keys WHERE sha256 = $1`,
    [Buffer.from(sha256)],
  )
  return rows[0]?.spki
}

export type DeclaringAct =
  'recovery-key-declared' | 'signing-keys-declared' | 'key-epoch-begun' | 'epoch-key-enclosed'

/** Traces of acts that declare keys, oldest first. */
export async function declarations(
  client: Queryable,
  ...acts: readonly DeclaringAct[]
): Promise<Uint8Array[]> {
  const { rows } = await client.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act = ANY($1) AND outcome = 'done'
       AND act IN ('recovery-key-declared', 'signing-keys-declared', 'key-epoch-begun', 'epoch-key-enclosed') ORDER BY seq`,
    [acts],
  )
  return rows.map(({ bytes }) => bytes)
}
