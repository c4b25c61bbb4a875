import {
  JournalVerifier,
  emptyJournalState,
  type EvidenceCrypto,
  type Finding,
} from '@probant/evidence'
import type { JournalKeys } from '../journal/signing-keys.ts'
import { readCheckpoints, readState, readTraces, type Queryable } from '../store/journal.ts'

const TRACES_AT_ONCE = 1000
const CHECKPOINTS_AT_ONCE = 1000

export interface JournalReport {
  readonly traces: number
  readonly checkpoints: number
  readonly findings: readonly Finding[]
}

/**
 * Recomputes the whole journal from its stored bytes: chain, both trees, seals, and every checkpoint with its signature.
 * @param read sees every trace that is read, in order
 * @param certifiedSize what the caller knows to be under a checkpoint; traces after it may still be on their way
 */
export async function recomputeJournal(
  client: Queryable,
  crypto: EvidenceCrypto,
  origin: string,
  keys: JournalKeys,
  certifiedSize: number,
  read: (page: readonly { seq: number; bytes: Uint8Array }[]) => Promise<void>,
): Promise<JournalReport> {
  const verifier = new JournalVerifier(crypto, emptyJournalState(crypto, origin))
  const findings: Finding[] = []
  let checkpoints = 0
  let next = 0
  for (;;) {
    const page = await readCheckpoints(client, next, CHECKPOINTS_AT_ONCE)
    const within = page.filter((checkpoint) => checkpoint.size <= certifiedSize)
    for (const checkpoint of within) {
      // Whatever rows there are: a hole or a stranger among them is for the verifier to name.
      while (next < checkpoint.size) {
        const end = Math.min(checkpoint.size, next + TRACES_AT_ONCE)
        const traces = await readTraces(client, next, end)
        for (const { bytes } of traces) findings.push(...verifier.append(bytes))
        await read(traces)
        next = end
      }
      // Below a finding no root can match any more; that was said already.
      if (findings.length === 0)
        findings.push(...(await verifier.checkpoint(checkpoint.note, keys.at(checkpoint.size))))
      checkpoints += 1
    }
    if (page.length < CHECKPOINTS_AT_ONCE || within.length < page.length) break
  }
  findings.push(...verifier.finish())
  const state = await readState(client)
  if (next < certifiedSize || state === undefined || state.size < certifiedSize)
    findings.push({
      kind: 'truncated',
      seq: next,
      expected: `${certifiedSize} traces under a checkpoint`,
      found: `checkpoints up to ${next}, ${state?.size ?? 0} traces counted`,
      answer: 'invalid',
    })
  return { traces: verifier.size, checkpoints, findings }
}
