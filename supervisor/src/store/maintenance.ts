import type { Client } from '@probant/postgres'
import { instant, ms } from './rows.ts'

/** A time in which a box may be silent, announced ahead. */
export interface Maintenance {
  boxId: string
  maintenanceId: string
  startsAtMs: number
  endsAtMs: number
  reason: string
  announcedAtMs: number
}

interface MaintenanceRow {
  box_id: string
  maintenance_id: string
  starts_at: Date
  ends_at: Date
  reason: string
  announced_at: Date
}

const SELECT = `SELECT box_id, maintenance_id, starts_at, ends_at, reason, announced_at
  FROM centre.maintenance_windows`

export async function insertMaintenance(
  client: Client,
  tenantId: string,
  maintenance: Maintenance,
): Promise<void> {
  await client.query(
    `INSERT INTO centre.maintenance_windows
       (tenant_id, box_id, maintenance_id, starts_at, ends_at, reason, announced_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      tenantId,
      maintenance.boxId,
      maintenance.maintenanceId,
      instant(maintenance.startsAtMs),
      instant(maintenance.endsAtMs),
      maintenance.reason,
      instant(maintenance.announcedAtMs),
    ],
  )
}

/** Latest first; `before` is the last one of the page before. */
export async function listMaintenance(
  client: Client,
  tenantId: string,
  limit: number,
  before?: { startsAtMs: number; maintenanceId: string },
): Promise<Maintenance[]> {
  const { rows } = await client.query<MaintenanceRow>(
    `${SELECT} WHERE tenant_id = $1 AND cancelled_at IS NULL
       AND ($3::timestamptz IS NULL OR (starts_at, maintenance_id) < ($3, $4::uuid))
     ORDER BY starts_at DESC, maintenance_id DESC LIMIT $2`,
    [tenantId, limit, instant(before?.startsAtMs ?? null), before?.maintenanceId ?? null],
  )
  return rows.map(maintenanceOf)
}

/** One that wasn't cancelled, held until the transaction ends. */
export async function holdMaintenance(
  client: Client,
  tenantId: string,
  maintenanceId: string,
): Promise<Maintenance | undefined> {
  const { rows } = await client.query<MaintenanceRow>(
    `${SELECT} WHERE tenant_id = $1 AND maintenance_id = $2 AND cancelled_at IS NULL FOR UPDATE`,
    [tenantId, maintenanceId],
  )
  return rows[0] && maintenanceOf(rows[0])
}

export async function cancelMaintenance(
  client: Client,
  tenantId: string,
  { boxId, maintenanceId }: Maintenance,
  atMs: number,
): Promise<void> {
  await client.query(
    `UPDATE centre.maintenance_windows SET cancelled_at = $4
     WHERE tenant_id = $1 AND box_id = $2 AND maintenance_id = $3`,
    [tenantId, boxId, maintenanceId, instant(atMs)],
  )
}

function maintenanceOf(row: MaintenanceRow): Maintenance {
  return {
    boxId: row.box_id,
    maintenanceId: row.maintenance_id,
    startsAtMs: ms(row.starts_at),
    endsAtMs: ms(row.ends_at),
    reason: row.reason,
    announcedAtMs: ms(row.announced_at),
  }
}
