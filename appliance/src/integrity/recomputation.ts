import type { EvidenceCrypto, JsonObject } from '@probant/evidence'
import type { JournalKeys } from '../journal/signing-keys.ts'
import { DatingRecomputation } from './dating-recomputation.ts'
import { recomputeJournal, type JournalReport } from './journal-recomputation.ts'
import { missingObjects } from './missing-objects.ts'
import {
  recomputeStore,
  type StoreContext,
  type StoreFinding,
  type StoreReport,
} from './store-recomputation.ts'

/** Objects that a trace names at most (formats, section 4). */
const NAMED_BAD_OBJECTS = 100

export interface Recomputation {
  readonly journal: JournalReport & {
    /** Outside tokens that were held against the traces that name them. */
    readonly tokens: number
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

/** Recomputes journal and store from stored bytes. Changes nothing. */
export async function recompute(
  context: RecomputationContext,
  certifiedSize: number,
): Promise<Recomputation> {
  const { database, crypto, origin, journalKeys } = context
  const missing: StoreFinding[] = []
  const datings = new DatingRecomputation(database, crypto)
  const recomputed = await recomputeJournal(
    database,
    crypto,
    origin,
    journalKeys,
    certifiedSize,
    async (traces) => {
      missing.push(...(await missingObjects(database, traces)))
      await datings.read(traces)
    },
  )
  await datings.finish(certifiedSize)
  const journal = {
    ...recomputed,
    tokens: datings.tokens,
    findings: [...recomputed.findings, ...datings.findings],
  }
  const kept = await recomputeStore(context, certifiedSize)
  const store = { ...kept, findings: [...missing, ...kept.findings] }
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

/** Data of the `full-recomputation` trace. */
export function recomputationData({ summary, journal, store }: Recomputation): JsonObject {
  const kinds = new Set([...journal.findings, ...store.findings].map((finding) => finding.kind))
  return { ...summary, badObjects: [...summary.badObjects], kinds: [...kinds].sort() }
}
