import type { Client } from '@probant/postgres'
import { instant, ms } from './rows.ts'

export interface Operator {
  tenantId: string
  operatorId: string
  userName: string
}

interface OperatorRow {
  tenant_id: string
  operator_id: string
  user_name: string
}

/** A token or session as it is stored: by its digest only. */
export interface AccessToken {
  sha256: Uint8Array
  kind: 'session' | 'bearer'
  createdAtMs: number
  /** null: until it is revoked. */
  expiresAtMs: number | null
}

export async function insertOperator(
  client: Client,
  operator: Operator & { passwordHash: string },
  atMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.operators (tenant_id, operator_id, user_name, password_hash, created_at)
     VALUES ($1, $2, $3, $4, $5)`,
    [
      operator.tenantId,
      operator.operatorId,
      operator.userName,
      operator.passwordHash,
      instant(atMs),
    ],
  )
}

export async function findOperator(
  client: Client,
  userName: string,
): Promise<(Operator & { passwordHash: string }) | undefined> {
  const { rows } = await client.query<OperatorRow & { password_hash: string }>(
    `SELECT tenant_id, operator_id, user_name, password_hash FROM centre.operators
     WHERE lower(user_name) = lower($1) AND disabled_at IS NULL`,
    [userName],
  )
  return rows[0] && { ...operatorOf(rows[0]), passwordHash: rows[0].password_hash }
}

export async function setPassword(
  client: Client,
  { tenantId, operatorId }: Operator,
  passwordHash: string,
): Promise<void> {
  await client.query(
    `UPDATE centre.operators SET password_hash = $3 WHERE tenant_id = $1 AND operator_id = $2`,
    [tenantId, operatorId, passwordHash],
  )
}

export async function insertAccessToken(
  client: Client,
  operator: Operator,
  token: AccessToken,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.access_tokens
       (token_sha256, tenant_id, operator_id, kind, created_at, last_used_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $5, $6)`,
    [
      Buffer.from(token.sha256),
      operator.tenantId,
      operator.operatorId,
      token.kind,
      instant(token.createdAtMs),
      instant(token.expiresAtMs),
    ],
  )
}

/** The operator behind a token that is valid now. */
export async function operatorOfToken(
  client: Client,
  sha256: Uint8Array,
  atMs: number,
): Promise<
  { operator: Operator; kind: AccessToken['kind']; expiresAtMs: number | null } | undefined
> {
  const { rows } = await client.query<
    OperatorRow & { kind: AccessToken['kind']; expires_at: Date | null }
  >(
    `SELECT tenant_id, operator_id, o.user_name, t.kind, t.expires_at
     FROM centre.access_tokens t JOIN centre.operators o USING (tenant_id, operator_id)
     WHERE t.token_sha256 = $1 AND t.revoked_at IS NULL AND o.disabled_at IS NULL
       AND (t.expires_at IS NULL OR t.expires_at > $2)`,
    [Buffer.from(sha256), instant(atMs)],
  )
  const [row] = rows
  return row && { operator: operatorOf(row), kind: row.kind, expiresAtMs: ms(row.expires_at) }
}

export async function revokeAccessToken(
  client: Client,
  sha256: Uint8Array,
  atMs: number,
): Promise<void> {
  await client.query(
    `UPDATE centre.access_tokens SET revoked_at = $2
     WHERE token_sha256 = $1 AND revoked_at IS NULL`,
    [Buffer.from(sha256), instant(atMs)],
  )
}

function operatorOf(row: OperatorRow): Operator {
  return { tenantId: row.tenant_id, operatorId: row.operator_id, userName: row.user_name }
}
