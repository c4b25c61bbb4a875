import { Type, type Static } from 'typebox'
import { CompactRange, fromHex, leafHash, Sha3Chain, toHex, type Hashing } from '@probant/evidence'

/** A position in its stored form: all hashes in hex, ranges largest subtree first (formats.md section 12). */
export const storedPosition = Type.Object({
  size: Type.Integer({ minimum: 0 }),
  prev: Type.String(),
  range: Type.Array(Type.String()),
  sha3Chain: Type.String(),
  sha3Range: Type.Array(Type.String()),
})

export type StoredPosition = Static<typeof storedPosition>

/**
 * What has to be known of the traces before `size` to write a segment that begins there. It follows bytes as they are,
 * consistent or not: judging them is the centre's part.
 */
export class Position {
  readonly #hashing: Hashing
  readonly #range: CompactRange
  readonly #sha3: Sha3Chain
  #prev: Uint8Array

  private constructor(hashing: Hashing, prev: Uint8Array, range: CompactRange, sha3: Sha3Chain) {
    this.#hashing = hashing
    this.#prev = prev
    this.#range = range
    this.#sha3 = sha3
  }

  /** Before the first trace of a log. */
  static origin(hashing: Hashing): Position {
    return new Position(
      hashing,
      new Uint8Array(32),
      new CompactRange(hashing),
      new Sha3Chain(hashing),
    )
  }

  /** @throws EvidenceError when the members don't fit each other */
  static restore(hashing: Hashing, stored: StoredPosition): Position {
    return new Position(
      hashing,
      fromHex(stored.prev),
      new CompactRange(hashing, stored.size, stored.range.map(fromHex)),
      new Sha3Chain(
        hashing,
        fromHex(stored.sha3Chain),
        new CompactRange(hashing, stored.size, stored.sha3Range.map(fromHex), 'sha3-256'),
      ),
    )
  }

  get size(): number {
    return this.#range.size
  }

  /** Root of the SHA-256 tree over what came before. */
  root(): Uint8Array {
    return this.#range.root()
  }

  append(trace: Uint8Array): void {
    this.#prev = this.#hashing.hash('sha256', trace)
    this.#range.append(leafHash(this.#hashing, trace))
    this.#sha3.append(trace)
  }

  clone(): Position {
    return new Position(this.#hashing, this.#prev, this.#range.clone(), this.#sha3.clone())
  }

  /** The members of a segment's header that state this position. */
  header(): {
    start: number
    prev: Uint8Array
    range: Uint8Array[]
    sha3Chain: Uint8Array
    sha3Range: Uint8Array[]
  } {
    return {
      start: this.size,
      prev: this.#prev,
      range: this.#range.hashes(),
      sha3Chain: this.#sha3.head,
      sha3Range: this.#sha3.range.hashes(),
    }
  }

  store(): StoredPosition {
    const header = this.header()
    return {
      size: header.start,
      prev: toHex(header.prev),
      range: header.range.map(toHex),
      sha3Chain: toHex(header.sha3Chain),
      sha3Range: header.sha3Range.map(toHex),
    }
  }
}
