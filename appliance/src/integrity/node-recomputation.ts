import { equalBytes, toHex, type Finding } from '@probant/evidence'
import { readNodes, type NodeRow, type Queryable } from '../store/journal.ts'

/**
 * Holds the kept leaf hashes and interior nodes of the SHA-256 tree against those that the traces give. They are a cache, out of which
 * proofs are built: what is missing is made when it is needed, what differs was changed.
 */
export class NodeRecomputation {
  readonly #client: Queryable
  readonly #read: NodeRow[] = []
  readonly findings: Finding[]

  /** @param from what an earlier pass found before it was interrupted */
  constructor(client: Queryable, from: readonly Finding[] = []) {
    this.#client = client
    this.findings = [...from]
  }

  /** For every node of the tree, as it is completed. */
  readonly take = (level: number, index: number, hash: Uint8Array): void => {
    this.#read.push({ level, index, hash })
  }

  /** Compares what was taken since. */
  async compare(): Promise<void> {
    const taken = this.#read.splice(0)
    if (taken.length === 0) return
    const kept = await readNodes(this.#client, taken)
    for (const { level, index, hash } of taken) {
      const stored = kept.get(`${level}:${index}`)
      if (stored !== undefined && !equalBytes(stored, hash))
        this.findings.push({
          kind: 'tiles-altered',
          seq: index * 2 ** level,
          expected: `node ${index} of level ${level} of the SHA-256 tree: ${toHex(hash)}`,
          found: toHex(stored),
          answer: 'invalid',
        })
    }
  }
}
