import { Counter, Gauge, type Metrics } from '@probant/host'

/** What the agent counts, for its administration address. */
export interface Figures {
  heads: Counter<'outcome'>
  shipments: Counter<'outcome'>
  shippedTraces: Counter
  databaseSize: Gauge
  witnessedSize: Gauge
  auditedSize: Gauge
  nightsWithoutReceipt: Gauge
  lastHeadSeconds: Gauge
  lastReceiptSeconds: Gauge
  findings: Gauge<'kind'>
}

/** @param refresh called before each collection, to bring the gauges up to date */
export function createFigures(
  registry: Metrics,
  refresh: (figures: Figures) => Promise<void>,
): Figures {
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  const figures: Figures = {
    heads: new Counter({
      name: 'probant_agent_heads_total',
      help: 'Heads sent to the centre, by what came of them (the status, or the code of the error).',
      labelNames: ['outcome'],
      registers,
    }),
    shipments: new Counter({
      name: 'probant_agent_shipments_total',
      help: 'Shipments of traces: receipted, findings, or the code of the error.',
      labelNames: ['outcome'],
      registers,
    }),
    shippedTraces: new Counter({
      name: 'probant_agent_shipped_traces_total',
      help: 'Traces that an audit receipt came back for.',
      registers,
    }),
    databaseSize: new Gauge({
      name: 'probant_agent_database_size',
      help: "Size of the journal as the box's database counts it.",
      registers,
      collect: () => refresh(figures),
    }),
    witnessedSize: gauge('probant_agent_witnessed_size', 'Largest size cosigned by the centre.'),
    auditedSize: gauge('probant_agent_audited_size', 'Size of the newest audit receipt.'),
    nightsWithoutReceipt: gauge(
      'probant_agent_nights_without_receipt',
      'Off-peak windows that ended without an audit receipt since the last one.',
    ),
    lastHeadSeconds: gauge(
      'probant_agent_last_head_timestamp_seconds',
      'When a head was last cosigned, POSIX time; 0: never.',
    ),
    lastReceiptSeconds: gauge(
      'probant_agent_last_receipt_timestamp_seconds',
      'When an audit receipt last came, POSIX time; 0: never.',
    ),
    findings: new Gauge({
      name: 'probant_agent_findings',
      help: 'Contradictions that the agent found itself and keeps, by kind.',
      labelNames: ['kind'],
      registers,
    }),
  }
  return figures
}
