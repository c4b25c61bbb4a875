import { Counter, Gauge, type Metrics } from '@probant/host'

/** What the agent counts. */
export interface Figures {
  heads: Counter<'outcome'>
  witnessHeads: Counter<'witness' | 'outcome'>
  shipments: Counter<'outcome'>
  shippedTraces: Counter
}

/** Where figures are read that are not counted but asked for when somebody looks. */
export interface FigureSource {
  databaseSize: () => Promise<number>
  witnessedSize: () => number
  auditedSize: () => number
  nightsWithoutReceipt: () => number
  /** POSIX milliseconds; 0: never. */
  lastHeadMs: () => number
  lastReceiptMs: () => number
  findingKinds: () => string[]
  /** What each further witness cosigned last. */
  witnesses: () => { name: string; size: number; atMs: number }[]
}

/** The agent's figures for its administration address; the gauges ask the source at each collection. */
export function createFigures(registry: Metrics, source: FigureSource): Figures {
  const registers = [registry]
  const gauge = (name: string, help: string, value: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await value())
      },
    })
  gauge(
    'probant_agent_database_size',
    "Size of the journal as the box's database counts it.",
    source.databaseSize,
  )
  gauge(
    'probant_agent_witnessed_size',
    'Largest size cosigned by the centre.',
    source.witnessedSize,
  )
  gauge('probant_agent_audited_size', 'Size of the newest audit receipt.', source.auditedSize)
  gauge(
    'probant_agent_nights_without_receipt',
    'Off-peak windows that ended without an audit receipt since the last one.',
    source.nightsWithoutReceipt,
  )
  gauge(
    'probant_agent_last_head_timestamp_seconds',
    'When a head was last cosigned, POSIX time; 0: never.',
    () => source.lastHeadMs() / 1000,
  )
  gauge(
    'probant_agent_last_receipt_timestamp_seconds',
    'When an audit receipt last came, POSIX time; 0: never.',
    () => source.lastReceiptMs() / 1000,
  )
  const ofWitness = (
    name: string,
    help: string,
    value: (one: ReturnType<FigureSource['witnesses']>[number]) => number,
  ) =>
    new Gauge({
      name,
      help,
      labelNames: ['witness'],
      registers,
      collect() {
        for (const one of source.witnesses()) this.set({ witness: one.name }, value(one))
      },
    })
  ofWitness(
    'probant_agent_witness_size',
    'Largest size cosigned by a witness beside the centre.',
    ({ size }) => size,
  )
  ofWitness(
    'probant_agent_witness_timestamp_seconds',
    'When a witness beside the centre last cosigned, POSIX time.',
    ({ atMs }) => atMs / 1000,
  )
  new Gauge({
    name: 'probant_agent_findings',
    help: 'Contradictions that the agent found itself and keeps, by kind.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset()
      for (const kind of source.findingKinds()) this.inc({ kind })
    },
  })
  return createCounters(registers)
}

function createCounters(registers: Metrics[]): Figures {
  return {
    heads: new Counter({
      name: 'probant_agent_heads_total',
      help: 'Heads sent to the centre, by what came of them (the status, or the code of the error).',
      labelNames: ['outcome'],
      registers,
    }),
    witnessHeads: new Counter({
      name: 'probant_agent_witness_heads_total',
      help: 'Heads sent to a witness beside the centre, by what came of them (the status, or the code of the error).',
      labelNames: ['witness', 'outcome'],
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
  }
}
