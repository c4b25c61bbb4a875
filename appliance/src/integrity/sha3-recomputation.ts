import { equalBytes, toHex, type Finding } from '@probant/evidence'
import { readState, type NodeRow, type Queryable } from '../store/journal.ts'
import { readSha3Nodes, sha3NodesEnd } from '../store/sha3-nodes.ts'

const KEPT_LEVELS: readonly number[] = [8, 16, 24]

/** Holds the nodes kept of the SHA3-256 tree against those that the traces give. One that is missing is no difference: it is made when it is needed. */
export class Sha3Recomputation {
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
    if (KEPT_LEVELS.includes(level)) this.#read.push({ level, index, hash })
  }

  /** Compares what was taken since. */
  async compare(): Promise<void> {
    for (const { level, index, hash } of this.#read.splice(0)) {
      const kept = (await readSha3Nodes(this.#client, level, index, index + 1)).get(index)
      if (kept !== undefined && !equalBytes(kept, hash))
        this.#find(level, index, toHex(hash), toHex(kept))
    }
  }

  /** Once every trace was read: nothing may be kept of tiles that the journal hasn't filled, however far it has come meanwhile. */
  async finish(): Promise<void> {
    await this.compare()
    const size = (await readState(this.#client))?.size ?? 0
    for (const level of KEPT_LEVELS) {
      const last = (await sha3NodesEnd(this.#client, level)) - 1
      if ((last + 1) * 2 ** level > size) this.#find(level, last, 'none yet', 'a hash')
    }
  }

  #find(level: number, index: number, expected: string, found: string): void {
    this.findings.push({
      kind: 'tiles-altered',
      seq: index * 2 ** level,
      expected: `node ${index} of level ${level} of the SHA3-256 tree: ${expected}`,
      found,
      answer: 'invalid',
    })
  }
}
