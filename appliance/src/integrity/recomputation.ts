import type { EvidenceCrypto, Finding, JsonObject } from '@probant/evidence'
import type { Pace } from '@probant/host'
import type { JournalKeys } from '../journal/signing-keys.ts'
import { liftedBarriers } from '../store/barriers.ts'
import { DatingRecomputation } from './dating-recomputation.ts'
import { beginning, recomputeJournal, type JournalReport } from './journal-recomputation.ts'
import { CompanionRecomputation } from './companion-recomputation.ts'
import { differences } from './differences.ts'
import { afterDestructions, strayTombstones, withoutDestroyed } from './destroyed-objects.ts'
import { missingObjects } from './missing-objects.ts'
import { NodeRecomputation } from './node-recomputation.ts'
import { recomputePolicy } from './policy-recomputation.ts'
import type { Position } from './position.ts'
import { RenewalRecomputation } from './renewal-recomputation.ts'
import { Sha3Recomputation } from './sha3-recomputation.ts'
import type { StoreFinding } from './store-finding.ts'
import { recomputeStore, type StoreContext, type StoreReport } from './store-recomputation.ts'

/** Objects that a trace names at most (formats, section 4). */
const NAMED_BAD_OBJECTS = 100

export interface Recomputation {
  readonly journal: JournalReport & {
    /** Outside tokens that were held against the traces that name them. */
    readonly tokens: number
    /** Renewals of those, one for each record. */
    readonly renewals: number
  }
  readonly store: StoreReport
  readonly intact: boolean
  /** What the trace of the recomputation says. */
  readonly summary: {
    readonly traces: number
    readonly objects: number
    readonly firstBadSeq: number | null
    readonly badObjects: readonly string[]
    readonly complete: boolean
  }
}

export interface RecomputationContext extends StoreContext {
  readonly crypto: EvidenceCrypto
  readonly origin: string
  readonly journalKeys: JournalKeys
}

/** How a recomputation is to be made. */
export interface Pass {
  /** When it began; of one that is gone on with, when that one did. */
  readonly begun: string
  readonly pace?: Pace
  /** Where it was interrupted. */
  readonly from?: Position | undefined
  readonly reached?: (position: Position) => Promise<void>
}

/** Recomputes journal and store from stored bytes. Changes nothing. What the pace throws comes through. */
export async function recompute(
  context: RecomputationContext,
  certifiedSize: number,
  { begun, pace, from, reached }: Pass = { begun: '' },
): Promise<Recomputation> {
  const { database, crypto, origin } = context
  let at = from ?? start(crypto, origin, begun)
  let missing: readonly StoreFinding[] = at.missing
  const datings = new DatingRecomputation(database, crypto, at.dating)
  const renewals = new RenewalRecomputation(database, crypto, at.renewals)
  const sha3 = new Sha3Recomputation(database, at.sha3)
  const nodes = new NodeRecomputation(database, at.nodes)
  const companions = new CompanionRecomputation(database, crypto, at.companions)
  const recomputed = await recomputeJournal({
    ...context,
    client: database,
    certifiedSize,
    from: at.journal,
    sha3Node: sha3.take,
    node: nodes.take,
    read: async (traces) => {
      await sha3.compare()
      await nodes.compare()
      await companions.read(traces)
      missing = [...missing, ...(await missingObjects(database, traces))]
      missing = await afterDestructions(database, traces, missing)
      await datings.read(traces)
      await renewals.read(traces)
    },
    reached: async (position, bytes) => {
      at = {
        ...at,
        journal: position,
        dating: datings.position,
        renewals: renewals.position,
        sha3: [...sha3.findings],
        nodes: [...nodes.findings],
        companions: [...companions.findings],
        missing: [...missing],
      }
      await reached?.(at)
      await pace?.took(bytes)
    },
  })
  await datings.finish(certifiedSize)
  await renewals.finish(certifiedSize)
  await sha3.finish()
  const barriers = (await liftedBarriers(database)).map((sides): Finding => ({
    kind: 'policy-altered',
    seq: null,
    ...sides,
    answer: 'invalid',
  }))
  const journal = {
    ...recomputed,
    tokens: datings.tokens,
    renewals: renewals.records,
    findings: [
      ...recomputed.findings,
      ...datings.findings,
      ...renewals.findings,
      ...sha3.findings,
      ...barriers,
      ...(await recomputePolicy(database)),
      // Over altered traces no node and no copy can be right: that was said already.
      ...(recomputed.findings.length === 0 ? [...nodes.findings, ...companions.findings] : []),
    ],
  }
  missing = await withoutDestroyed(database, missing, certifiedSize)
  const stray = await strayTombstones(database)
  const kept = await recomputeStore(context, {
    certifiedSize,
    revived: new Set(
      missing.filter(({ kind }) => kind === 'destroyed-key-revived').map(({ object }) => object),
    ),
    pace,
    from: at.store ?? undefined,
    reached: async (position) => reached?.({ ...at, store: position }),
  })
  const store = { ...kept, findings: [...missing, ...stray, ...kept.findings] }
  const badSeqs = [...journal.findings, ...store.findings].flatMap(({ seq }) => seq ?? [])
  const badObjects = [...new Set(store.findings.map((finding) => finding.object))]
  return {
    journal,
    store,
    intact: journal.findings.length + store.findings.length === 0,
    summary: {
      traces: journal.traces,
      objects: store.objects,
      firstBadSeq: badSeqs.length === 0 ? null : Math.min(...badSeqs),
      badObjects: badObjects.slice(0, NAMED_BAD_OBJECTS),
      complete: true,
    },
  }
}

const start = (crypto: EvidenceCrypto, origin: string, begun: string): Position => ({
  begun,
  journal: beginning(crypto, origin),
  dating: { named: [], tokens: 0, findings: [] },
  renewals: { named: [], records: 0, findings: [] },
  sha3: [],
  missing: [],
  store: null,
})

/** Data of the `full-recomputation` trace. */
export function recomputationData({ summary, journal, store }: Recomputation): JsonObject {
  const kinds = new Set([...journal.findings, ...store.findings].map((finding) => finding.kind))
  return {
    ...summary,
    badObjects: [...summary.badObjects],
    kinds: [...kinds].sort(),
    differences: differences(journal.findings, store.findings),
  }
}
