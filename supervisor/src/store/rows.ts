import { formatTime } from '@probant/host'

/** One box of one tenant; leads every key. */
export interface BoxKey {
  readonly tenantId: string
  readonly boxId: string
}

/** The tenant of an installation that serves one; migrations create it. */
export const DEFAULT_TENANT = '00000000-0000-4000-8000-000000000001'

/** In place of a box where a finding or alert is about the centre itself. */
export const CENTRE = 'centre'

/** The parameters that lead every statement about one box. */
export function keyOf({ tenantId, boxId }: BoxKey): [string, string] {
  return [tenantId, boxId]
}

/** An instant as a parameter; null stays null. */
export function instant(ms: number): string
export function instant(ms: number | null): string | null
export function instant(ms: number | null): string | null {
  return ms === null ? null : formatTime(ms)
}

/** Milliseconds of a timestamptz column. */
export function ms(date: Date): number
export function ms(date: Date | null): number | null
export function ms(date: Date | null): number | null {
  return date === null ? null : date.getTime()
}

/** The one row that a statement must give. */
export function only<Row>(rows: Row[]): Row {
  const [row, ...more] = rows
  if (row === undefined || more.length > 0) throw new Error(`${rows.length} rows where one must be`)
  return row
}
