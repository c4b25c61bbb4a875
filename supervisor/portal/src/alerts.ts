import { get, PagedList } from '@probant/web/browser'
import { computed } from '@preact/signals'
import type { Alert } from './service.ts'
import { addresses, alertPage } from './service.ts'

/** Alerts of the fleet: watched on every page, so that a new one is noticed wherever the operator is. */
export const alerts = new PagedList<Alert>((cursor) => get(addresses.alerts(cursor), alertPage))

export const openAlerts = computed(
  () => alerts.items.value?.filter(({ state }) => state === 'open').length,
)

const order = ['open', 'acknowledged', 'resolved']

/** Those to be dealt with first, the newest first among equals. */
export function byUrgency(items: readonly Alert[]): Alert[] {
  return items.toSorted(
    (a, b) =>
      order.indexOf(a.state) - order.indexOf(b.state) || b.openedAt.localeCompare(a.openedAt),
  )
}
