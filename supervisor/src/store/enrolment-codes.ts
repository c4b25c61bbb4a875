import type { Client } from '@probant/postgres'
import type { EnrolmentRequest, PresentedBox } from '@probant/shipping'
import type { Schedule } from '../deadlines/schedule.ts'
import { instant, ms } from './rows.ts'

/** What is asked for with a code, without the code: by a box that shows its TPM. */
export type PendingRequest = Omit<EnrolmentRequest, 'code'>

/** Whether it was asked by a TPM. */
export const isByTpm = (request: PendingRequest | PresentedBox): request is PendingRequest =>
  'attestationKey' in request

/** A one-time code as it is stored: by its digest only. */
export interface EnrolmentCode {
  tenantId: string
  codeId: string
  codeSha256: Uint8Array
  boxId: string
  name: string
  schedule: Schedule
  issuedBy: string
  expiresAtMs: number
}

export interface StoredEnrolmentCode extends EnrolmentCode {
  refusals: number
  /** What was asked for with it last, and the secret that the TPM has to read; without one, the nonce that was answered. */
  pending: { request: PendingRequest | PresentedBox; secret: Uint8Array } | null
  usedAtMs: number | null
  revokedAtMs: number | null
}

/** A code as it is listed; `issuer` is the operator's name. */
export type ListedEnrolmentCode = StoredEnrolmentCode & { issuedAtMs: number; issuer: string }

interface CodeRow {
  tenant_id: string
  code_id: string
  code_sha256: Buffer
  box_id: string
  name: string
  /** Codes given out before windows could last longer lack it. */
  schedule: Omit<Schedule, 'everyDays'> & { everyDays?: number }
  issued_by: string
  expires_at: Date
  refusals: number
  request: PendingRequest | PresentedBox | null
  secret: Buffer | null
  used_at: Date | null
  revoked_at: Date | null
}

export async function insertEnrolmentCode(
  client: Client,
  code: EnrolmentCode,
  atMs: number,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.enrolment_codes
       (tenant_id, code_id, code_sha256, box_id, name, schedule, issued_by, issued_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      code.tenantId,
      code.codeId,
      Buffer.from(code.codeSha256),
      code.boxId,
      code.name,
      JSON.stringify(code.schedule),
      code.issuedBy,
      instant(atMs),
      instant(code.expiresAtMs),
    ],
  )
}

/** The code of that identifier, held until the transaction ends: it is used once, whoever tries at the same time. */
export async function holdEnrolmentCode(
  client: Client,
  codeId: string,
): Promise<StoredEnrolmentCode | undefined> {
  const { rows } = await client.query<CodeRow>(
    'SELECT * FROM centre.enrolment_codes WHERE code_id = $1 FOR UPDATE',
    [codeId],
  )
  return rows[0] && codeOf(rows[0])
}

/** Newest first; `before` is the last one of the page before. */
export async function listEnrolmentCodes(
  client: Client,
  tenantId: string,
  limit: number,
  before?: { issuedAtMs: number; codeId: string },
): Promise<ListedEnrolmentCode[]> {
  const { rows } = await client.query<CodeRow & { issued_at: Date; user_name: string }>(
    `SELECT c.*, o.user_name FROM centre.enrolment_codes c
     JOIN centre.operators o ON (o.tenant_id, o.operator_id) = (c.tenant_id, c.issued_by)
     WHERE c.tenant_id = $1 AND ($3::timestamptz IS NULL OR (c.issued_at, c.code_id) < ($3, $4))
     ORDER BY c.issued_at DESC, c.code_id DESC LIMIT $2`,
    [tenantId, limit, instant(before?.issuedAtMs ?? null), before?.codeId ?? null],
  )
  return rows.map((row) => ({
    ...codeOf(row),
    issuedAtMs: ms(row.issued_at),
    issuer: row.user_name,
  }))
}

/** Takes a code back, with what was asked for by it. @returns false when it was used or revoked before, or is none */
export async function revokeEnrolmentCode(
  client: Client,
  { tenantId, codeId }: Place,
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE centre.enrolment_codes SET revoked_at = $3, request = NULL, secret = NULL
     WHERE tenant_id = $1 AND code_id = $2 AND used_at IS NULL AND revoked_at IS NULL`,
    [tenantId, codeId, instant(atMs)],
  )
  return rowCount === 1
}

type Place = Pick<EnrolmentCode, 'tenantId' | 'codeId'>

export async function countRefusal(client: Client, { tenantId, codeId }: Place): Promise<void> {
  await client.query(
    `UPDATE centre.enrolment_codes SET refusals = refusals + 1
     WHERE tenant_id = $1 AND code_id = $2`,
    [tenantId, codeId],
  )
}

/** What is asked for with a code; a later request takes its place. */
export async function setPendingEnrolment(
  client: Client,
  { tenantId, codeId }: Place,
  request: PendingRequest | PresentedBox,
  secret: Uint8Array,
): Promise<void> {
  await client.query(
    `UPDATE centre.enrolment_codes SET request = $3, secret = $4
     WHERE tenant_id = $1 AND code_id = $2`,
    [tenantId, codeId, JSON.stringify(request), Buffer.from(secret)],
  )
}

export async function markUsed(
  client: Client,
  { tenantId, codeId }: Place,
  atMs: number,
): Promise<void> {
  await client.query(
    `UPDATE centre.enrolment_codes SET used_at = $3, request = NULL, secret = NULL
     WHERE tenant_id = $1 AND code_id = $2`,
    [tenantId, codeId, instant(atMs)],
  )
}

function codeOf(row: CodeRow): StoredEnrolmentCode {
  return {
    tenantId: row.tenant_id,
    codeId: row.code_id,
    codeSha256: new Uint8Array(row.code_sha256),
    boxId: row.box_id,
    name: row.name,
    schedule: { everyDays: 1, ...row.schedule },
    issuedBy: row.issued_by,
    expiresAtMs: ms(row.expires_at),
    refusals: row.refusals,
    pending:
      row.request && row.secret
        ? { request: row.request, secret: new Uint8Array(row.secret) }
        : null,
    usedAtMs: ms(row.used_at),
    revokedAtMs: ms(row.revoked_at),
  }
}
