import { fromUtf8 } from '../bytes.ts'
import type { Block } from '../blocks.ts'
import type { Checkpoint } from '../checkpoint.ts'
import type { Hashing } from '../crypto.ts'
import { leafHash } from '../merkle.ts'
import { verifyInclusion } from '../merkle-verification.ts'
import { present } from '../present.ts'
import { parseTlogProof } from '../proof.ts'
import { parseTrace, type Trace } from '../trace.ts'
import { invalid, valid, verdictOf, type Verdict } from '../verdict.ts'
import type { Manifest } from './manifest.ts'
import { proofName, seqOfTrace, traceName } from './names.ts'
import type { BundleFacts } from './report.ts'
import { readEntry, type BundleSource } from './source.ts'

export interface TracesCheck {
  readonly verdict: Verdict
  /** The first, by seq; undefined when it can't be read. */
  readonly deposit: Trace | undefined
  readonly facts: BundleFacts['traces']
  readonly lastSeq: number
  readonly blocks: readonly Block[]
}

/** Each trace, of which the manifest lists one at least: of this object and log, and under the bundle's checkpoint. */
export async function checkTraces(
  hashing: Hashing,
  source: BundleSource,
  manifest: Manifest,
  checkpoint: Checkpoint,
  checkpointNote: string,
): Promise<TracesCheck> {
  const seqs = manifest.entries
    .map((entry) => seqOfTrace(entry.name))
    .filter((seq) => seq !== undefined)
    .toSorted((a, b) => a - b)
  let verdict: Verdict = valid
  let deposit: Trace | undefined
  const facts: BundleFacts['traces'][number][] = []
  const blocks: Block[] = []
  for (const seq of seqs) {
    const bytes = await readEntry(source, traceName(seq))
    const proof = await readEntry(source, proofName(seq))
    try {
      const trace = parseTrace(bytes)
      if (seq === seqs[0]) deposit = trace
      facts.push({ seq, act: trace.act, outcome: trace.outcome, time: trace.time })
      blocks.push(...(trace.blocks ?? []))
      const found = checkTrace(trace, seq, manifest, checkpoint)
      const included = checkInclusion(hashing, bytes, seq, proof, checkpoint, checkpointNote)
      verdict = firstProblem([verdict, found, included])
    } catch (error) {
      verdict = firstProblem([verdict, withWhere(verdictOf(error), traceName(seq))])
    }
  }
  return { verdict, deposit, facts, lastSeq: present(seqs.at(-1)), blocks }
}

function checkTrace(
  trace: Trace,
  seq: number,
  manifest: Manifest,
  checkpoint: Checkpoint,
): Verdict {
  const belongs =
    trace.seq === seq &&
    trace.object === manifest.object &&
    trace.vault === manifest.vault &&
    trace.origin === manifest.origin &&
    trace.origin === checkpoint.origin
  return belongs
    ? valid
    : invalid('bad-trace', `trace ${seq} is not of this object and journal`, traceName(seq))
}

function checkInclusion(
  hashing: Hashing,
  bytes: Uint8Array,
  seq: number,
  proofBytes: Uint8Array,
  checkpoint: Checkpoint,
  checkpointNote: string,
): Verdict {
  const proof = parseTlogProof(fromUtf8(proofBytes))
  if (proof.checkpointNote !== checkpointNote || proof.index !== seq) {
    return invalid('bad-proof', `the proof of trace ${seq} is for another`, proofName(seq))
  }
  const leaf = leafHash(hashing, bytes)
  const { size, root } = checkpoint
  return verifyInclusion(hashing, BigInt(seq), BigInt(size), leaf, proof.path, root)
    ? valid
    : invalid('not-included', `trace ${seq} is not under the checkpoint`, traceName(seq))
}

/** The first invalid one, else the first that can't be told. */
function firstProblem(verdicts: readonly Verdict[]): Verdict {
  return (
    verdicts.find((each) => each.status === 'invalid') ??
    verdicts.find((each) => each.status === 'cannot-tell') ??
    valid
  )
}

function withWhere(verdict: Verdict, where: string): Verdict {
  return verdict.status === 'invalid' ? { ...verdict, where } : verdict
}
