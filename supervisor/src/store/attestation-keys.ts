import type { Client } from '@probant/postgres'
import { instant, keyOf, ms, type BoxKey } from './rows.ts'

/** A key in a box's TPM that signs what the TPM states. */
export interface AttestationKey {
  /** The TPM's Name of it. */
  keyName: Uint8Array
  /** TPMT_PUBLIC. */
  publicArea: Uint8Array
  /** DER. */
  endorsementCertificate: Uint8Array
  /** Of the first quote by file; null for a key that was enrolled before there was one. */
  enrolmentNonce: Uint8Array | null
}

/** The one that counts now, and since when; undefined for a box that is not attested. */
export async function attestationKeyOf(
  client: Client,
  box: BoxKey,
): Promise<(AttestationKey & { addedAtMs: number }) | undefined> {
  const { rows } = await client.query<{
    key_name: Buffer
    public_area: Buffer
    endorsement_certificate: Buffer
    added_at: Date
    enrolment_nonce: Buffer | null
  }>(
    `SELECT key_name, public_area, endorsement_certificate, added_at, enrolment_nonce FROM centre.attestation_keys
     WHERE tenant_id = $1 AND box_id = $2 AND revoked_at IS NULL`,
    keyOf(box),
  )
  return (
    rows[0] && {
      keyName: new Uint8Array(rows[0].key_name),
      publicArea: new Uint8Array(rows[0].public_area),
      endorsementCertificate: new Uint8Array(rows[0].endorsement_certificate),
      addedAtMs: ms(rows[0].added_at),
      enrolmentNonce: rows[0].enrolment_nonce && new Uint8Array(rows[0].enrolment_nonce),
    }
  )
}

/** The box that a key counts for, if any. */
export async function boxOfAttestationKey(
  client: Client,
  tenantId: string,
  keyName: Uint8Array,
): Promise<string | undefined> {
  const { rows } = await client.query<{ box_id: string }>(
    `SELECT box_id FROM centre.attestation_keys
     WHERE tenant_id = $1 AND key_name = $2 AND revoked_at IS NULL`,
    [tenantId, Buffer.from(keyName)],
  )
  return rows[0]?.box_id
}

/** Puts a key in place of the one that counted before; the same key at the same instant counts on. */
export async function replaceAttestationKey(
  client: Client,
  box: BoxKey,
  key: AttestationKey,
  atMs: number,
): Promise<void> {
  await client.query(
    `UPDATE centre.attestation_keys SET revoked_at = $3
     WHERE tenant_id = $1 AND box_id = $2 AND revoked_at IS NULL`,
    [...keyOf(box), instant(atMs)],
  )
  await client.query(
    `INSERT INTO centre.attestation_keys
       (tenant_id, box_id, key_name, public_area, endorsement_certificate, added_at, enrolment_nonce)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (tenant_id, box_id, key_name, added_at)
     DO UPDATE SET revoked_at = NULL, endorsement_certificate = excluded.endorsement_certificate,
       enrolment_nonce = excluded.enrolment_nonce`,
    [
      ...keyOf(box),
      Buffer.from(key.keyName),
      Buffer.from(key.publicArea),
      Buffer.from(key.endorsementCertificate),
      instant(atMs),
      key.enrolmentNonce && Buffer.from(key.enrolmentNonce),
    ],
  )
}
