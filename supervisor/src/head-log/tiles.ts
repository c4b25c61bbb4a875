import { foldSubtrees, nodeHash, type Hashing, type NodeReader } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import { SupervisorError } from '../errors.ts'
import { readTile } from '../store/head-log.ts'

/** Hashes in a full tile, and the levels of the tree between one level of tiles and the next (C2SP tlog-tiles). */
export const TILE_WIDTH = 256
export const TILE_HEIGHT = 8

/** Reads a log's nodes from its tiles, each once. */
export class TileReader implements NodeReader {
  readonly #client: Client
  readonly #tenantId: string
  readonly #crypto: Hashing
  readonly #tiles = new Map<string, Promise<Uint8Array[]>>()

  constructor(client: Client, tenantId: string, crypto: Hashing) {
    this.#client = client
    this.#tenantId = tenantId
    this.#crypto = crypto
  }

  /** @throws SupervisorError `stored-bytes-altered` for a node that isn't there */
  async node(level: number, index: number): Promise<Uint8Array> {
    const tileLevel = Math.floor(level / TILE_HEIGHT)
    const width = 2 ** (level % TILE_HEIGHT)
    const start = index * width
    const tile = Math.floor(start / TILE_WIDTH)
    const hashes = await this.#tile(tileLevel, tile)
    let row = hashes.slice(start % TILE_WIDTH, (start % TILE_WIDTH) + width)
    if (row.length !== width)
      throw new SupervisorError('stored-bytes-altered', `tile ${tileLevel}/${tile} is too short`)
    while (row.length > 1) row = pairsOf(this.#crypto, row)
    return foldSubtrees(this.#crypto, row)
  }

  #tile(level: number, tile: number): Promise<Uint8Array[]> {
    const name = `${level}/${tile}`
    const known = this.#tiles.get(name)
    if (known !== undefined) return known
    const read = readTile(this.#client, this.#tenantId, level, tile)
    this.#tiles.set(name, read)
    return read
  }
}

/** The level above: the number of hashes is a power of two. */
function pairsOf(crypto: Hashing, row: readonly Uint8Array[]): Uint8Array[] {
  return row.flatMap((left, at) => {
    const right = row[at + 1]
    return at % 2 === 0 && right !== undefined ? [nodeHash(crypto, left, right)] : []
  })
}
