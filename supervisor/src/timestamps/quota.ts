import { formatTime } from '@probant/host'
import type { BoxKey } from '../store/rows.ts'

/** What boxes have asked for today; begins anew with the process. */
export class RelayQuota {
  readonly #asked = new Map<string, number>()
  #day = ''

  /** Counts one more. @returns false where that is one too many */
  take({ tenantId, boxId }: BoxKey, nowMs: number, limit: number): boolean {
    const day = formatTime(nowMs).slice(0, 10)
    if (day !== this.#day) this.#asked.clear()
    this.#day = day
    const box = `${tenantId}/${boxId}`
    const asked = (this.#asked.get(box) ?? 0) + 1
    this.#asked.set(box, asked)
    return asked <= limit
  }
}
