import {
  CompactRange,
  consistencyNodes,
  consistencyProof,
  leafHash,
  verifyConsistency,
  type Hashing,
  type NodeAddress,
} from '@probant/evidence'
import { nodeKey, type JournalReader, type StoredCheckpoint } from '../store/journal.ts'

/** A tree that somebody holds: its size and root. */
export interface KnownTree {
  size: number
  root: Uint8Array
}

export interface ProvenHead {
  proof: Uint8Array[]
  /** How the proof was had: from the cached nodes, from the traces because the cache was missing or wrong, or not at all. */
  source: 'nodes' | 'traces' | 'none'
  /** The cache contradicted the traces. */
  nodesAltered: boolean
}

/** Traces hashed per query when nodes are computed anew. */
const BLOCK = 1000

/**
 * Proof that `head` extends `known`. The cached nodes are tried first and the proof is verified here; where the cache is
 * incomplete or wrong, the nodes are computed from the traces' bytes. When even these give no proof, the best there is
 * comes back with source `none`: it is sent all the same, for the centre to see.
 */
export async function proveConsistency(
  hashing: Hashing,
  journal: JournalReader,
  known: KnownTree,
  head: StoredCheckpoint,
): Promise<ProvenHead> {
  if (known.size === 0 || known.size >= head.size)
    return { proof: [], source: 'nodes', nodesAltered: false }
  const cached = await journal.nodes(consistencyNodes(known.size, head.size))
  const fromNodes = await attempt(hashing, known.size, head.size, (level, index) =>
    cached.get(nodeKey({ level, index })),
  )
  const holds = (proof: Uint8Array[] | undefined) =>
    proof !== undefined &&
    verifyConsistency(hashing, BigInt(known.size), BigInt(head.size), proof, known.root, head.root)
  if (fromNodes !== undefined && holds(fromNodes))
    return { proof: fromNodes, source: 'nodes', nodesAltered: false }
  const fromTraces = await attempt(hashing, known.size, head.size, (level, index) =>
    subtreeRoot(hashing, journal, level, index),
  )
  if (fromTraces !== undefined && holds(fromTraces))
    return { proof: fromTraces, source: 'traces', nodesAltered: fromNodes !== undefined }
  return { proof: fromNodes ?? fromTraces ?? [], source: 'none', nodesAltered: false }
}

/**
 * The tree of the first `size` traces: by the checkpoint that the box signed of it, else from the cached nodes, else from the
 * traces; with an empty root where one is gone, which no proof will fit.
 */
export async function treeAt(
  hashing: Hashing,
  journal: JournalReader,
  size: number,
): Promise<KnownTree> {
  const signed = await journal.checkpointAt(size)
  if (signed !== undefined || size === 0) return { size, root: signed?.root ?? new Uint8Array() }
  const addresses = perfectSubtrees(size)
  const cached = await journal.nodes(addresses)
  const hashes: Uint8Array[] = []
  for (const { level, index } of addresses) {
    const cachedHash = cached.get(nodeKey({ level, index }))
    const hash = cachedHash ?? (await subtreeRoot(hashing, journal, level, index))
    if (hash === undefined) return { size, root: new Uint8Array() }
    hashes.push(hash)
  }
  return { size, root: new CompactRange(hashing, size, hashes).root() }
}

/** The perfect subtrees that a tree of this size is made of, the largest first. */
function perfectSubtrees(size: number): NodeAddress[] {
  const addresses: NodeAddress[] = []
  for (let level = 52, before = 0; level >= 0; level--) {
    const width = 2 ** level
    if (size - before < width) continue
    addresses.push({ level, index: before / width })
    before += width
  }
  return addresses
}

async function attempt(
  hashing: Hashing,
  oldSize: number,
  newSize: number,
  find: (level: number, index: number) => Promise<Uint8Array | undefined> | Uint8Array | undefined,
): Promise<Uint8Array[] | undefined> {
  try {
    return await consistencyProof(
      hashing,
      {
        async node(level, index) {
          const hash = await find(level, index)
          if (hash === undefined) throw new MissingNode(`no node ${level}/${index}`)
          return hash
        },
      },
      oldSize,
      newSize,
    )
  } catch (error) {
    if (error instanceof MissingNode) return undefined
    throw error
  }
}

class MissingNode extends Error {}

/** The root of one perfect subtree from its traces; undefined when one of them is gone. */
async function subtreeRoot(
  hashing: Hashing,
  journal: JournalReader,
  level: number,
  index: number,
): Promise<Uint8Array | undefined> {
  const width = 2 ** level
  const end = (index + 1) * width
  const range = new CompactRange(hashing)
  for (let start = index * width; start < end; start += BLOCK) {
    const until = Math.min(end, start + BLOCK)
    const traces = await journal.traces(start, until)
    if (traces.length !== until - start) return undefined
    for (const { bytes } of traces) range.append(leafHash(hashing, bytes))
  }
  return range.root()
}
