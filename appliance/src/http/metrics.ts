import { Counter, Gauge, Histogram } from '@probant/host'
import type { Server } from '@probant/web'
import type { Box } from '../box.ts'

/** Figures of the service: routes and outcomes only, never identifiers. */
export function countRequests(server: Server, box: Box): void {
  const registers = [box.metrics]
  const seconds = new Histogram({
    name: 'probant_http_request_seconds',
    help: 'Time to answer, by route and status class',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers,
  })
  const acts = new Counter({
    name: 'probant_acts_total',
    help: 'Acts journalled, by act and outcome',
    labelNames: ['act', 'outcome'],
    registers,
  })
  box.journal.onRecorded(({ act, outcome }) => acts.inc({ act, outcome }))
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value())
      },
    })
  gauge('probant_journal_size', 'Traces committed', () => box.journal.size)
  gauge(
    'probant_journal_certified_size',
    'Traces under a checkpoint',
    () => box.journal.certifiedSize,
  )
  gauge(
    'probant_journal_witnessed_size',
    'Traces under a cosigned checkpoint',
    () => box.journal.witnessedSize,
  )
  gauge(
    'probant_journal_dated_size',
    'Traces under a checkpoint dated by an authority outside',
    () => box.dating.datedSize,
  )
  gauge(
    'probant_outside_token_timestamp_seconds',
    'Time of the newest token of an authority outside, POSIX time; 0: there is none',
    () => box.dating.newestTimeMs / 1000,
  )
  gauge(
    'probant_evidence_end_timestamp_seconds',
    'When the first outside token that still proves stops proving, POSIX time; 0: there is none',
    () => (box.renewal.nearestEndMs ?? 0) / 1000,
  )
  gauge(
    'probant_evidence_nearest_end_days',
    'Days until then; 0: there is none',
    () => Math.max(0, (box.renewal.nearestEndMs ?? 0) - box.clock.nowMs()) / 86_400_000,
  )
  gauge(
    'probant_evidence_overdue_tokens',
    'Outside tokens that stopped proving without having been renewed',
    () => box.renewal.overdue,
  )
  gauge('probant_journal_stopped', '1 when the journal refuses every act', () =>
    box.journal.stoppedBecause === undefined ? 0 : 1,
  )
  gauge('probant_seal_certificate_in_force', '1 while a seal certificate can seal deposits', () =>
    box.seals.standing().inForce === undefined ? 0 : 1,
  )
  gauge(
    'probant_seal_certificate_end_timestamp_seconds',
    'Until when seal certificates without a gap are there, POSIX time; 0: there never was one',
    () => (box.seals.standing().covered?.notAfterMs ?? 0) / 1000,
  )
  gauge(
    'probant_journal_waiting_traces',
    'Traces committed without a checkpoint',
    () => box.journal.waitingTraces,
  )
  gauge(
    'probant_journal_waited_seconds',
    'For how long the journal key, or the database, has kept acts waiting; 0 while all is well',
    () => box.journal.waitedMs / 1000,
  )
  gauge(
    'probant_deposits_waited_seconds',
    'For how long the archive key, the time-stamping key or the seal’s has kept deposits from being proved; 0 while all is well',
    () => box.signerWatch.waitedMs / 1000,
  )
  const { outsideReception } = box
  if (outsideReception !== undefined) {
    new Counter({
      name: 'probant_reception_tokens_total',
      help: 'Reception tokens of batches of deposits, by whose they are',
      labelNames: ['by'],
      registers,
      collect() {
        this.reset()
        for (const [by, count] of Object.entries(outsideReception.tokens)) this.inc({ by }, count)
      },
    })
    gauge(
      'probant_reception_without_outside',
      '1 while no authority outside gives reception tokens',
      () => (outsideReception.isWithout ? 1 : 0),
    )
  }
  server.addHook('onResponse', (request, reply, done) => {
    seconds.observe(
      {
        route: request.routeOptions.url ?? 'unknown',
        method: request.method,
        status: `${Math.floor(reply.statusCode / 100)}xx`,
      },
      reply.elapsedTime / 1000,
    )
    done()
  })
}
