import type { FindingKind } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import { instant, keyOf, ms, only, type BoxKey } from './rows.ts'

/** Times, sizes and names that a finding's sentence speaks of. */
export type Circumstances = Readonly<Record<string, string | number | null>>

export interface NewFinding {
  findingId: string
  origin: string | null
  kind: FindingKind
  seq: number | null
  dedupeKey: string
  expected: string
  found: string
  circumstances: Circumstances
  expectedEvidence: Uint8Array | null
  foundEvidence: Uint8Array | null
}

export interface StoredFinding extends NewFinding {
  raisedAtMs: number
  resolvedAtMs: number | null
}

interface FindingRow {
  finding_id: string
  origin: string | null
  kind: FindingKind
  seq: number | null
  dedupe_key: string
  expected: string
  found: string
  circumstances: Circumstances
  expected_evidence: Buffer | null
  found_evidence: Buffer | null
  raised_at: Date
  resolved_at: Date | null
}

/**
 * Inserts a finding unless the same fact is known: open under its key, or resolved with the very same content.
 * @returns whether it is new
 */
export async function insertFinding(
  client: Client,
  box: BoxKey,
  finding: NewFinding,
  atMs: number,
): Promise<boolean> {
  const { rows } = await client.query<{ occurrences: number; known: boolean }>(
    `SELECT count(*)::int AS occurrences,
            coalesce(bool_or(r.finding_id IS NULL OR f.found = $4), false) AS known
     FROM centre.findings f LEFT JOIN centre.finding_resolutions r USING (tenant_id, box_id, finding_id)
     WHERE f.tenant_id = $1 AND f.box_id = $2 AND f.dedupe_key = $3`,
    [...keyOf(box), finding.dedupeKey, finding.found],
  )
  const { occurrences, known } = only(rows)
  if (known) return false
  // two that saw the same number of occurrences: one inserts, the other finds it known
  const { rowCount } = await client.query(
    `INSERT INTO centre.findings (tenant_id, box_id, finding_id, origin, kind, seq, dedupe_key,
       occurrence, expected, found, circumstances, expected_evidence, found_evidence, raised_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     ON CONFLICT (tenant_id, box_id, dedupe_key, occurrence) DO NOTHING`,
    [
      ...keyOf(box),
      finding.findingId,
      finding.origin,
      finding.kind,
      finding.seq,
      finding.dedupeKey,
      occurrences + 1,
      finding.expected,
      finding.found,
      JSON.stringify(finding.circumstances),
      finding.expectedEvidence && Buffer.from(finding.expectedEvidence),
      finding.foundEvidence && Buffer.from(finding.foundEvidence),
      instant(atMs),
    ],
  )
  return rowCount === 1
}

/** Of these, the keys of findings that {@link insertFinding} would leave out. */
export async function knownFindings(
  client: Client,
  box: BoxKey,
  facts: readonly { key: string; found: string }[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ dedupe_key: string }>(
    `SELECT f.dedupe_key FROM unnest($3::text[], $4::text[]) AS given (dedupe_key, found)
     JOIN centre.findings f USING (dedupe_key)
     LEFT JOIN centre.finding_resolutions r USING (tenant_id, box_id, finding_id)
     WHERE f.tenant_id = $1 AND f.box_id = $2
       AND (r.finding_id IS NULL OR f.found = given.found)`,
    [...keyOf(box), facts.map(({ key }) => key), facts.map(({ found }) => found)],
  )
  return new Set(rows.map(({ dedupe_key }) => dedupe_key))
}

/**
 * Inserts one finding each of many boxes; those whose key is known already are left out: for facts whose key says all of them.
 * @returns those that are new
 */
export async function insertFindings<Member extends BoxKey & { finding: NewFinding }>(
  client: Client,
  members: readonly Member[],
  atMs: number,
): Promise<Member[]> {
  const facts = members.map(({ tenantId, boxId, finding }) => ({
    tenant_id: tenantId,
    box_id: boxId,
    finding_id: finding.findingId,
    origin: finding.origin,
    kind: finding.kind,
    seq: finding.seq,
    dedupe_key: finding.dedupeKey,
    expected: finding.expected,
    found: finding.found,
    circumstances: finding.circumstances,
  }))
  const { rows } = await client.query<{ finding_id: string }>(
    `INSERT INTO centre.findings (tenant_id, box_id, finding_id, origin, kind, seq, dedupe_key,
       occurrence, expected, found, circumstances, raised_at)
     SELECT tenant_id, box_id, finding_id, origin, kind, seq, dedupe_key, 1, expected, found, circumstances, $2
     FROM jsonb_to_recordset($1) AS f (tenant_id uuid, box_id text, finding_id uuid, origin text, kind text,
       seq bigint, dedupe_key text, expected text, found text, circumstances jsonb)
     ON CONFLICT (tenant_id, box_id, dedupe_key, occurrence) DO NOTHING RETURNING finding_id`,
    [JSON.stringify(facts), instant(atMs)],
  )
  const inserted = new Set(rows.map(({ finding_id }) => finding_id))
  return members.filter(({ finding }) => inserted.has(finding.findingId))
}

const SELECT = `SELECT f.finding_id, f.origin, f.kind, f.seq, f.dedupe_key, f.expected, f.found,
    f.circumstances, f.expected_evidence, f.found_evidence, f.raised_at, r.resolved_at
  FROM centre.findings f LEFT JOIN centre.finding_resolutions r USING (tenant_id, box_id, finding_id)`

/** Newest first; `before` is the last one of the page before. */
export async function listFindings(
  client: Client,
  box: BoxKey,
  limit: number,
  before?: { raisedAtMs: number; findingId: string },
): Promise<StoredFinding[]> {
  const { rows } = await client.query<FindingRow>(
    `${SELECT} WHERE f.tenant_id = $1 AND f.box_id = $2
       AND ($4::timestamptz IS NULL OR (f.raised_at, f.finding_id) < ($4, $5::uuid))
     ORDER BY f.raised_at DESC, f.finding_id DESC LIMIT $3`,
    [...keyOf(box), limit, instant(before?.raisedAtMs ?? null), before?.findingId ?? null],
  )
  return rows.map(findingOf)
}

export async function findingsOfAlert(
  client: Client,
  box: BoxKey,
  alertId: string,
): Promise<StoredFinding[]> {
  const { rows } = await client.query<FindingRow>(
    `${SELECT} JOIN centre.alert_findings a USING (tenant_id, box_id, finding_id)
     WHERE a.tenant_id = $1 AND a.box_id = $2 AND a.alert_id = $3
     ORDER BY f.raised_at, f.seq NULLS LAST, f.finding_id`,
    [...keyOf(box), alertId],
  )
  return rows.map(findingOf)
}

/** Those of a box that have these identifiers. */
export async function findingsOf(
  client: Client,
  box: BoxKey,
  findingIds: readonly string[],
): Promise<StoredFinding[]> {
  if (findingIds.length === 0) return []
  const { rows } = await client.query<FindingRow>(
    `${SELECT} WHERE f.tenant_id = $1 AND f.box_id = $2 AND f.finding_id = ANY ($3::uuid[])`,
    [...keyOf(box), [...new Set(findingIds)]],
  )
  return rows.map(findingOf)
}

/** Open findings of some kinds. */
export async function openFindings(
  client: Client,
  box: BoxKey,
  kinds: readonly FindingKind[],
): Promise<StoredFinding[]> {
  const { rows } = await client.query<FindingRow>(
    `${SELECT} WHERE f.tenant_id = $1 AND f.box_id = $2 AND f.kind = ANY ($3)
       AND r.finding_id IS NULL ORDER BY f.raised_at`,
    [...keyOf(box), [...kinds]],
  )
  return rows.map(findingOf)
}

/** @returns whether it was open */
export async function resolveFinding(
  client: Client,
  box: BoxKey,
  findingId: string,
  reason: string,
  atMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `INSERT INTO centre.finding_resolutions (tenant_id, box_id, finding_id, resolved_at, reason)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [...keyOf(box), findingId, instant(atMs), reason],
  )
  return rowCount === 1
}

function findingOf(row: FindingRow): StoredFinding {
  return {
    findingId: row.finding_id,
    origin: row.origin,
    kind: row.kind,
    seq: row.seq,
    dedupeKey: row.dedupe_key,
    expected: row.expected,
    found: row.found,
    circumstances: row.circumstances,
    expectedEvidence: row.expected_evidence && new Uint8Array(row.expected_evidence),
    foundEvidence: row.found_evidence && new Uint8Array(row.found_evidence),
    raisedAtMs: ms(row.raised_at),
    resolvedAtMs: ms(row.resolved_at),
  }
}

/** Bytes that findings are kept with, each side once, by the finding that names them. */
export async function findingEvidence(
  client: Client,
): Promise<{ boxId: string; findingId: string; sha256: Uint8Array }[]> {
  const { rows } = await client.query<{ box_id: string; finding_id: string; sha256: Buffer }>(
    `SELECT DISTINCT ON (sha256) box_id, finding_id, sha256
     FROM centre.findings, unnest(ARRAY[expected_evidence, found_evidence]) AS sha256
     WHERE sha256 IS NOT NULL ORDER BY sha256, raised_at`,
  )
  return rows.map(({ box_id, finding_id, sha256 }) => ({
    boxId: box_id,
    findingId: finding_id,
    sha256: new Uint8Array(sha256),
  }))
}
