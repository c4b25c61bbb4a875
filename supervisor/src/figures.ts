import { Counter, createMetrics, Gauge, type Metrics } from '@probant/host'

/** What the administration address shows beside Node's own figures. */
export interface Figures {
  registry: Metrics
  connections: Gauge<'state'>
  refusedConnections: Counter<'reason'>
  headsCosigned: Counter
  segmentsStored: Counter
  tracesVerified: Counter
  findings: Counter<'kind'>
  notifications: Counter<'outcome'>
}

export function createFigures(): Figures {
  const registry = createMetrics({ component: 'supervisor' })
  const counter = <Label extends string = never>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ) => new Counter<Label>({ name: `probant_${name}`, help, labelNames, registers: [registry] })
  return {
    registry,
    connections: new Gauge({
      name: 'probant_ssh_connections',
      help: 'SSH connections now open',
      labelNames: ['state'],
      registers: [registry],
    }),
    refusedConnections: counter('ssh_refused_total', 'SSH connections refused', ['reason']),
    headsCosigned: counter('heads_cosigned_total', 'Heads cosigned'),
    segmentsStored: counter('segments_stored_total', 'Segments verified and stored'),
    tracesVerified: counter('traces_verified_total', 'Traces verified and stored'),
    findings: counter('findings_total', 'Findings raised', ['kind']),
    notifications: counter('notifications_total', 'Notifications by outcome', ['outcome']),
  }
}
