import {
  CompactRange,
  Sha3Chain,
  equalBytes,
  leafHash,
  parseNote,
  parseTrace,
  toHex,
  type EvidenceCrypto,
  type VerifierKey,
} from '@probant/evidence'
import { BoxError } from '../errors.ts'
import {
  checkpointCovering,
  keepNodes,
  newestCheckpoint,
  newestTraceEnd,
  readNodes,
  readSha3State,
  readTraces,
  type JournalStateRow,
  type NodeRow,
  type Queryable,
} from '../store/journal.ts'
import { EMPTY_PREV } from './sequencer.ts'
import { verifyBoxNote } from './notes.ts'
import type { RememberedHead } from './remembered-heads.ts'

const READ_AT_ONCE = 1000
/** Traces below the newest checkpoint whose bytes are hashed again at each start. */
const RECHECKED_TRACES = 1000

/** Where a journal that was found intact goes on. */
export interface OpenedJournal {
  /** Tree under the newest checkpoint. */
  readonly certified: CompactRange
  /** Committed traces that no checkpoint covers yet: an earlier run stopped between the two. */
  readonly uncertified: readonly { seq: number; bytes: Uint8Array }[]
  readonly prev: Uint8Array
  /** SHA3-256 state over everything committed. */
  readonly sha3: Sha3Chain
}

/**
 * Reads where the journal ends, and checks its newest traces against its own signed checkpoint, and that against the heads remembered
 * outside the database. Older traces are for a recomputation: reading them all would make a start take as long as the journal is.
 * @throws BoxError `journal-altered` when the database can't be what this box wrote last: nothing may be signed on top of it.
 */
export async function openCommitted(
  client: Queryable,
  crypto: EvidenceCrypto,
  state: JournalStateRow,
  journalKeys: readonly VerifierKey[],
  remembered: readonly RememberedHead[],
): Promise<OpenedJournal> {
  const end = await newestTraceEnd(client)
  if (end !== state.size)
    throw altered(
      `the journal counts ${state.size} traces but its newest trace is number ${end - 1}`,
    )
  const checkpoint = await newestCheckpoint(client)
  const size = checkpoint?.size ?? 0
  if (size > state.size)
    throw altered(`a checkpoint covers ${size} traces but the journal holds ${state.size}`)
  if (checkpoint !== undefined) await verifyBoxNote(crypto, checkpoint.note, journalKeys)
  for (const head of remembered) await compareWithRemembered(client, size, head)

  const certified = await loadRange(client, crypto, size, checkpoint?.root)
  const sha3 = await loadSha3(client, crypto, size)
  const uncertified: { seq: number; bytes: Uint8Array }[] = []
  let prev = size === 0 ? EMPTY_PREV : await hashOfTrace(client, crypto, size - 1)
  for await (const trace of traces(client, size, state.size)) {
    checkFollows(trace, prev, state.origin)
    uncertified.push(trace)
    sha3.append(trace.bytes)
    prev = crypto.hash('sha256', trace.bytes)
  }
  return { certified, uncertified, prev, sha3 }
}

const altered = (what: string) => new BoxError('journal-altered', 'fatal', what)

async function compareWithRemembered(
  client: Queryable,
  size: number,
  head: RememberedHead,
): Promise<void> {
  if (size < head.size)
    throw altered(
      `the newest checkpoint covers ${size} traces, but ${head.by} signed a head of ${head.size}: the database was rolled back or cut`,
    )
  const checkpoint = await checkpointCovering(client, head.size)
  if (checkpoint?.size !== head.size || parseNote(checkpoint.note).text !== head.text)
    throw altered(`the checkpoint of size ${head.size} is not the one that ${head.by} signed`)
}

/** A committed trace that no signature covers yet must at least be this journal's next one. */
function checkFollows(
  trace: { seq: number; bytes: Uint8Array },
  prev: Uint8Array,
  origin: string,
): void {
  let parsed
  try {
    parsed = parseTrace(trace.bytes)
  } catch {
    throw altered(`trace ${trace.seq} can't be read`)
  }
  if (parsed.seq !== trace.seq || parsed.origin !== origin || parsed.prev !== toHex(prev))
    throw altered(`trace ${trace.seq} does not follow the one before it`)
}

async function hashOfTrace(
  client: Queryable,
  crypto: EvidenceCrypto,
  seq: number,
): Promise<Uint8Array> {
  const [trace] = await readTraces(client, seq, seq + 1)
  if (trace === undefined) throw altered(`trace ${seq} is missing`)
  return crypto.hash('sha256', trace.bytes)
}

/** All traces of a range, read in pages. @throws BoxError `journal-altered` at the first hole. */
export async function* traces(
  client: Queryable,
  start: number,
  end: number,
): AsyncGenerator<{ seq: number; bytes: Uint8Array }> {
  for (let next = start; next < end;) {
    const page = await readTraces(client, next, Math.min(end, next + READ_AT_ONCE))
    for (const trace of page) {
      if (trace.seq !== next) throw altered(`trace ${next} is missing`)
      yield trace
      next += 1
    }
    if (page.length === 0) throw altered(`trace ${next} is missing`)
  }
}

/** The roots of the maximal perfect subtrees of a tree of `size` leaves, largest first. */
export function rangeNodes(size: number): { level: number; index: number }[] {
  const nodes: { level: number; index: number }[] = []
  let start = 0
  for (let level = Math.floor(Math.log2(Math.max(size, 1))); level >= 0; level -= 1) {
    const width = 2 ** level
    if (Math.floor(size / width) % 2 === 1) {
      nodes.push({ level, index: start / width })
      start += width
    }
  }
  return nodes
}

/**
 * The compact range of the signed tree: from the node cache up to the newest traces, whose bytes are hashed again. When that doesn't give
 * the signed root, the cache is rebuilt from all traces, and they decide.
 */
async function loadRange(
  client: Queryable,
  crypto: EvidenceCrypto,
  size: number,
  root: Uint8Array | undefined,
): Promise<CompactRange> {
  if (size === 0 || root === undefined) return new CompactRange(crypto)
  const range = await cachedRange(client, crypto, Math.max(0, size - RECHECKED_TRACES))
  if (range !== undefined) {
    for await (const { bytes } of traces(client, range.size, size))
      range.append(leafHash(crypto, bytes))
    if (equalBytes(range.root(), root)) return range
  }
  const rebuilt = await rebuildNodes(client, crypto, size)
  if (!equalBytes(rebuilt.root(), root))
    throw altered(`the traces below ${size} do not give the root of their signed checkpoint`)
  return rebuilt
}

async function cachedRange(
  client: Queryable,
  crypto: EvidenceCrypto,
  size: number,
): Promise<CompactRange | undefined> {
  if (size === 0) return new CompactRange(crypto)
  const wanted = rangeNodes(size)
  const found = await readNodes(client, wanted)
  const hashes = wanted.flatMap((node) => found.get(`${node.level}:${node.index}`) ?? [])
  return hashes.length === wanted.length ? new CompactRange(crypto, size, hashes) : undefined
}

/** Recomputes every node of the tree of `size` leaves from the traces' bytes and keeps them. */
export async function rebuildNodes(
  client: Queryable,
  crypto: EvidenceCrypto,
  size: number,
): Promise<CompactRange> {
  const range = new CompactRange(crypto)
  let nodes: NodeRow[] = []
  for await (const { bytes } of traces(client, 0, size)) {
    range.append(leafHash(crypto, bytes), (level, index, hash) => {
      if (level > 0) nodes.push({ level, index, hash })
    })
    if (nodes.length >= READ_AT_ONCE) {
      await keepNodes(client, nodes)
      nodes = []
    }
  }
  await keepNodes(client, nodes)
  return range
}

async function loadSha3(
  client: Queryable,
  crypto: EvidenceCrypto,
  size: number,
): Promise<Sha3Chain> {
  const kept = await readSha3State(client)
  if (kept?.size === size)
    return new Sha3Chain(
      crypto,
      kept.chain,
      new CompactRange(crypto, size, [...kept.range], 'sha3-256'),
    )
  const chain = new Sha3Chain(crypto)
  for await (const { bytes } of traces(client, 0, size)) chain.append(bytes)
  return chain
}
