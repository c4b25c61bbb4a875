import { inclusionProof, leafHash, nodeHash, utf8 } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'

/** A journal's tree whose first leaves are real and whose others are all one: ten million leaves in the memory of a few. */
export class SparseTree {
  readonly #real: readonly Uint8Array[]
  readonly #size: number
  /** Roots of perfect subtrees over the leaves that are all one, by level. */
  readonly #same: Uint8Array[] = [leafHash(nodeCrypto, utf8('a trace of somebody else'))]

  constructor(real: readonly Uint8Array[], size: number) {
    this.#real = real
    this.#size = size
    for (let level = 0; 2 ** level < size; level++) {
      const below = this.#same[level] ?? new Uint8Array(0)
      this.#same.push(nodeHash(nodeCrypto, below, below))
    }
  }

  /** RFC 9162, 2.1.1. */
  root(start = 0, end = this.#size): Uint8Array {
    const count = end - start
    const level = Math.ceil(Math.log2(count))
    const isPerfect = 2 ** level === count
    if (count === 1 && start < this.#real.length) return this.#real[start] ?? new Uint8Array(0)
    if (isPerfect && start >= this.#real.length) return this.#same[level] ?? new Uint8Array(0)
    const middle = start + (isPerfect ? count / 2 : 2 ** (level - 1))
    return nodeHash(nodeCrypto, this.root(start, middle), this.root(middle, end))
  }

  path(seq: number): Promise<Uint8Array[]> {
    const node = (level: number, index: number) =>
      this.root(index * 2 ** level, (index + 1) * 2 ** level)
    return inclusionProof(nodeCrypto, { node }, seq, this.#size)
  }
}
