import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

export { Counter, Gauge, Histogram, Registry }

/** The numbers one process shows on its administration address. */
export type Metrics = Registry

/** A registry of its own, with Node's process figures, every series labelled with the component. */
export function createMetrics({ component }: { component: string }): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ component })
  collectDefaultMetrics({ register: registry })
  return registry
}
