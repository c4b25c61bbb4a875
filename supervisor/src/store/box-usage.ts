import type { Client } from '@probant/postgres'
import { keyOf, only, type BoxKey } from './rows.ts'

/** What a box did on one day. */
export interface Usage {
  segments: number
  /** Of its segments, inflated. */
  bytes: number
  findings: number
  evidenceBytes: number
  /** Requests to time-stamping authorities. */
  timestamps: number
}

interface UsageRow {
  segments: number
  bytes: number
  findings: number
  evidence_bytes: number
  timestamps: number
}

const COUNTED = ['segments', 'bytes', 'findings', 'evidence_bytes', 'timestamps'] as const

/** Counts what is added to that of the day, whichever front end it came to. @returns the day's sums with it */
export async function addUsage(
  client: Client,
  box: BoxKey,
  day: string,
  added: Partial<Usage>,
): Promise<Usage> {
  const sums = COUNTED.map(
    (name) =>
      `${name} = EXCLUDED.${name} + CASE WHEN u.day = EXCLUDED.day THEN u.${name} ELSE 0 END`,
  )
  const { rows } = await client.query<UsageRow>({
    name: 'add-usage',
    text: `INSERT INTO centre.box_usage AS u (tenant_id, box_id, day, ${COUNTED.join(', ')})
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (tenant_id, box_id) DO UPDATE SET day = EXCLUDED.day, ${sums.join(', ')}
      RETURNING ${COUNTED.join(', ')}`,
    values: [
      ...keyOf(box),
      day,
      added.segments ?? 0,
      added.bytes ?? 0,
      added.findings ?? 0,
      added.evidenceBytes ?? 0,
      added.timestamps ?? 0,
    ],
  })
  const { evidence_bytes, ...others } = only(rows)
  return { ...others, evidenceBytes: evidence_bytes }
}
