import {
  consistencyNodes,
  consistencyProof,
  formatTlogProof,
  inclusionNodes,
  inclusionProof,
  parseNote,
  formatNote,
  type EvidenceCrypto,
} from '@probant/evidence'
import { BoxError } from '../errors.ts'
import { cosignaturesOf } from '../store/cosignatures.ts'
import {
  checkpointCovering,
  readNodes,
  type CheckpointRow,
  type NodeRow,
  type Queryable,
} from '../store/journal.ts'

/** Nodes of perfect subtrees never change, so those just made are kept for the receipts that follow. */
const MAX_CACHED_NODES = 100_000

/** Builds proofs from the kept nodes; a node that is missing is an error, never guessed. */
export class JournalProofs {
  readonly #client: Queryable
  readonly #crypto: EvidenceCrypto
  readonly #cache = new Map<string, Uint8Array>()

  constructor(client: Queryable, crypto: EvidenceCrypto) {
    this.#client = client
    this.#crypto = crypto
  }

  /** RFC 9162 inclusion proof of trace `seq` in the tree of `size` traces. */
  async inclusion(seq: number, size: number): Promise<Uint8Array[]> {
    return inclusionProof(this.#crypto, await this.#reader(inclusionNodes(seq, size)), seq, size)
  }

  async consistency(oldSize: number, newSize: number): Promise<Uint8Array[]> {
    const reader = await this.#reader(consistencyNodes(oldSize, newSize))
    return consistencyProof(this.#crypto, reader, oldSize, newSize)
  }

  /**
   * C2SP tlog-proof of one trace under a checkpoint that covers it.
   */
  async tlogProof(seq: number, checkpoint: CheckpointRow): Promise<string> {
    const path = await this.inclusion(seq, checkpoint.size)
    return formatTlogProof({ index: seq, path, checkpointNote: checkpoint.note })
  }

  /** The smallest checkpoint of at least `size`, its note carrying the cosignatures known so far. */
  async checkpointWithCosignatures(size: number): Promise<CheckpointRow> {
    const checkpoint = await checkpointCovering(this.#client, size)
    if (checkpoint === undefined)
      throw new BoxError('no-such-object', 'retryable', `no checkpoint covers ${size} traces yet`)
    const cosignatures = await cosignaturesOf(this.#client, checkpoint.size)
    return {
      ...checkpoint,
      note: withLines(
        checkpoint.note,
        cosignatures.map((each) => each.line),
      ),
    }
  }

  /** Remembers nodes that are durable. */
  remember(nodes: readonly NodeRow[]): void {
    for (const { level, index, hash } of nodes) this.#cache.set(`${level}:${index}`, hash)
    for (const key of this.#cache.keys()) {
      if (this.#cache.size <= MAX_CACHED_NODES) break
      this.#cache.delete(key)
    }
  }

  async #reader(wanted: readonly { level: number; index: number }[]) {
    const missing = wanted.filter(({ level, index }) => !this.#cache.has(`${level}:${index}`))
    if (missing.length > 0) {
      const read = await readNodes(this.#client, missing)
      this.remember(
        missing.flatMap((node) => {
          const hash = read.get(`${node.level}:${node.index}`)
          return hash === undefined ? [] : [{ ...node, hash }]
        }),
      )
    }
    return {
      node: (level: number, index: number): Uint8Array => {
        const hash = this.#cache.get(`${level}:${index}`)
        if (hash === undefined)
          throw new BoxError(
            'journal-altered',
            'fatal',
            `node ${index} of level ${level} of the journal's tree is missing`,
          )
        return hash
      },
    }
  }
}

/** The note with further signature lines after its own. */
export function withLines(note: string, lines: readonly string[]): string {
  const parsed = parseNote(note)
  return formatNote(parsed.text, [...parsed.signatures.map((each) => each.line), ...lines])
}
