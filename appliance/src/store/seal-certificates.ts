import type { Client } from '@probant/postgres'
import type { Queryable } from './journal.ts'

/** What was imported for a key. */
export interface ImportedSeal {
  /** DER: the certificate, then its issuers below the root. */
  readonly chain: readonly Uint8Array[]
  /** DER. */
  readonly root: Uint8Array
  readonly importedAtMs: number
  readonly withdrawnAtMs: number | undefined
  /** The fewest days before its end of which was reminded; 0 once its end was told. */
  readonly remindedDays: number | undefined
}

/** One key for seals, from its request on. */
export interface SealRow {
  readonly keyLabel: string
  readonly requestedAtMs: number
  /** PKCS #10, DER. */
  readonly request: Uint8Array
  readonly imported: ImportedSeal | undefined
}

interface SealRecord {
  key_label: string
  requested_at: Date
  request: Buffer
  chain: Buffer[] | null
  root: Buffer | null
  imported_at: Date | null
  withdrawn_at: Date | null
  reminded_days: number | null
}

const of = (row: SealRecord): SealRow => ({
  keyLabel: row.key_label,
  requestedAtMs: row.requested_at.getTime(),
  request: row.request,
  imported:
    row.chain === null || row.root === null || row.imported_at === null
      ? undefined
      : {
          chain: row.chain,
          root: row.root,
          importedAtMs: row.imported_at.getTime(),
          withdrawnAtMs: row.withdrawn_at?.getTime(),
          remindedDays: row.reminded_days ?? undefined,
        },
})

/** In the order of their requests. */
export async function sealRows(client: Queryable): Promise<SealRow[]> {
  const { rows } = await client.query<SealRecord>(
    `SELECT key_label, requested_at, request, chain, root, imported_at, withdrawn_at, reminded_days
     FROM vault.seal_certificates ORDER BY requested_at, key_label`,
  )
  return rows.map(of)
}

/** Keeps a request; a later one for the same key takes its place as long as nothing was imported. */
export async function keepSealRequest(
  client: Client,
  { keyLabel, requestedAtMs, request }: Omit<SealRow, 'imported'>,
): Promise<void> {
  await client.query(
    `INSERT INTO vault.seal_certificates (key_label, requested_at, request)
     VALUES ($1, to_timestamp($2::float8), $3)
     ON CONFLICT (key_label) DO UPDATE SET requested_at = excluded.requested_at, request = excluded.request
     WHERE seal_certificates.imported_at IS NULL`,
    [keyLabel, requestedAtMs / 1000, Buffer.from(request)],
  )
}

/** Gives a requested key its certificate; false when it has one already. */
export async function keepSealCertificate(
  client: Client,
  keyLabel: string,
  { chain, root, importedAtMs }: Pick<ImportedSeal, 'chain' | 'root' | 'importedAtMs'>,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE vault.seal_certificates SET chain = $2, root = $3, imported_at = to_timestamp($4::float8)
     WHERE key_label = $1 AND imported_at IS NULL`,
    [keyLabel, chain.map((der) => Buffer.from(der)), Buffer.from(root), importedAtMs / 1000],
  )
  return rowCount === 1
}

/** False when there is no such certificate, or it was withdrawn before. */
export async function withdrawSealCertificate(
  client: Client,
  keyLabel: string,
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE vault.seal_certificates SET withdrawn_at = to_timestamp($2::float8)
     WHERE key_label = $1 AND imported_at IS NOT NULL AND withdrawn_at IS NULL`,
    [keyLabel, atMs / 1000],
  )
  return rowCount === 1
}

export async function keepSealReminder(
  client: Client,
  keyLabel: string,
  days: number,
): Promise<void> {
  await client.query(`UPDATE vault.seal_certificates SET reminded_days = $2 WHERE key_label = $1`, [
    keyLabel,
    days,
  ])
}
