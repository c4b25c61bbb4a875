import { tmpdir } from 'node:os'
import { deflateRawSync } from 'node:zlib'
import {
  bundleEntries,
  formatCheckpointText,
  leafHash,
  memorySource,
  verifyBundle,
  type BundleEntry,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { cosign, signNote } from '../../packages/evidence/test/journal-world.ts'
import { TestWorld } from '../../packages/evidence/test/world.ts'
import { compare, isQuick, median, ROUNDS } from './figures.ts'
import { startLongBox, type LongBox } from './proof/rows.ts'
import { SparseTree } from './proof/tree.ts'

/**
 * `proof`: an object's bundle at 10³ … 10⁷ traces in the journal: bytes (packed, without document), and time to build and verify it,
 * against the same at 10³, which it should at most double. Twice over:
 *
 * - by a box, asked over HTTP, with attestations, out of a PostgreSQL that holds every trace and node of its journal (10⁴ in a quick run);
 * - by the format alone, in a tree whose other leaves are all one: with cosignatures, without database and attestations.
 */
const ROWS = isQuick ? [10_000] : [10_000, 100_000, 1_000_000, 10_000_000]
const SIZES = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]
const AT_ONCE = isQuick ? 2 : 10

const world = await TestWorld.create()
const deposit = await world.deposit()
const anchors = world.anchors()
const leaves = world.journal.traces.map((bytes) => leafHash(nodeCrypto, bytes))

async function built(size: number): Promise<BundleEntry[]> {
  const tree = new SparseTree(leaves, size)
  const text = formatCheckpointText({ origin: world.journal.origin, size, root: tree.root() })
  const checkpointNote = world.witnesses.reduce(
    (note, witness) => cosign(note, witness, 1_772_366_700),
    signNote(text, world.journal.signer),
  )
  const paths = await Promise.all(deposit.seqs.map((seq) => tree.path(seq)))
  const input = world.bundleInput(deposit)
  return bundleEntries(nodeCrypto, {
    ...input,
    auditReceipt: undefined,
    checkpointNote,
    traces: input.traces.map((trace, at) => ({ ...trace, path: paths[at] ?? [] })),
  })
}

const packed = (entries: readonly BundleEntry[]) =>
  entries.reduce((sum, { bytes }) => sum + deflateRawSync(bytes).length, 0)

/** Milliseconds for one bundle, built, packed and verified. */
async function timeOf(size: number): Promise<number> {
  const beganAt = performance.now()
  for (let n = 0; n < AT_ONCE; n += 1) {
    const entries = await built(size)
    packed(entries)
    const { verdict } = await verifyBundle(nodeCrypto, memorySource(entries), anchors)
    if (verdict.status !== 'valid') throw new Error(JSON.stringify(verdict))
  }
  return (performance.now() - beganAt) / AT_ONCE
}

const bytesOf = async (size: number) => packed(await built(size))
const [smallest = 1_000] = SIZES
await timeOf(smallest)
for (const size of SIZES.slice(1)) {
  const of = `${size} traces, limit twice ${smallest}; other leaves all one, no database`
  const { ratio } = await compare(
    { bench: 'proof', case: `size at ${of}`, unit: 'bytes' },
    () => bytesOf(size),
    async () => 2 * (await bytesOf(smallest)),
  )
  // Bytes don't depend on how busy the machine is: too many of them are a failure.
  if (ratio > 1) process.exitCode = 1
  await compare(
    { bench: 'proof', case: `time at ${of}`, unit: 'ms' },
    () => timeOf(size),
    async () => 2 * (await timeOf(smallest)),
  )
}

const objects = AT_ONCE * (1 + ROWS.length * (1 + 2 * ROUNDS))
const [short, long] = [await startLongBox(tmpdir(), objects), await startLongBox(tmpdir(), objects)]
const proofs = async ({ proof }: LongBox) => {
  const all = []
  for (let n = 0; n < AT_ONCE; n += 1) all.push(await proof())
  return {
    bytes: median(all.map(({ bytes }) => bytes)),
    milliseconds: median(all.map(({ milliseconds }) => milliseconds)),
  }
}
try {
  await short.box.growTo(smallest)
  await proofs(short)
  for (const size of ROWS) {
    await long.box.growTo(size)
    await proofs(long)
    const of = `${size} traces in PostgreSQL, attestations drawn, limit twice ${smallest}`
    const { ratio } = await compare(
      { bench: 'proof', case: `size at ${of}`, unit: 'bytes' },
      async () => (await proofs(long)).bytes,
      async () => 2 * (await proofs(short)).bytes,
    )
    if (ratio > 1) process.exitCode = 1
    await compare(
      { bench: 'proof', case: `time at ${of}`, unit: 'ms' },
      async () => (await proofs(long)).milliseconds,
      async () => 2 * (await proofs(short)).milliseconds,
    )
  }
} finally {
  await short.box.stop()
  await long.box.stop()
}
