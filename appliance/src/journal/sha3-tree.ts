import {
  fromHex,
  inclusionProof,
  leafHash,
  treeRoot,
  verifyInclusion,
  type EvidenceCrypto,
  type SealData,
} from '@probant/evidence'
import { Loop, type Clock, type Logger } from '@probant/host'
import type { Database } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import { readTraces } from '../store/journal.ts'
import { keepSha3Node, readSha3Nodes, sha3NodesEnd } from '../store/sha3-nodes.ts'
import type { Journal } from './journal.ts'

/** Children of one tile, and the levels at which the roots of whole tiles are kept. */
const TILE = 256
const KEPT_LEVELS = [8, 16, 24] as const
const LOOK_EVERY_MS = 3_600_000

export interface Sha3TreeContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly log: Logger
  readonly journal: Pick<Journal, 'certifiedSize' | 'onRecorded'>
}

/**
 * Leads traces to the SHA3-256 root of a seal. Kept is one hash for 256 traces, written after the seals, so that a deposit costs nothing
 * more; what lies below is hashed again from the traces' bytes. A node that is missing, or wrong, is rebuilt from them.
 */
export class Sha3Tree {
  readonly #context: Sha3TreeContext
  readonly #loop: Loop
  #isStopping = false

  constructor(context: Sha3TreeContext) {
    this.#context = context
    const { clock, log: logger, journal } = context
    const work = () => this.fill()
    this.#loop = new Loop({ name: 'sha3 tree', clock, logger, everyMs: LOOK_EVERY_MS, work })
    journal.onRecorded(({ act }) => {
      if (act === 'seal') this.#loop.wake()
    })
  }

  start(): void {
    this.#loop.start()
  }

  /** Waits for the node that is being made. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#loop.stop()
  }

  /** Keeps the nodes that the journal has completed since. */
  async fill(): Promise<void> {
    const { database, journal } = this.#context
    for (const level of KEPT_LEVELS)
      await this.#make(level, await sha3NodesEnd(database, level), journal.certifiedSize)
  }

  /**
   * RFC 9162 inclusion proof of trace `seq` in the SHA3-256 tree that a seal names, the leaf's sibling first.
   * @throws BoxError `journal-altered` when the traces don't give the seal's root
   */
  async path(seq: number, { size, sha3Root }: SealData): Promise<Uint8Array[]> {
    const { crypto, log } = this.#context
    const leaf = (await this.#leaves(seq, seq + 1))[0] ?? new Uint8Array(0)
    const root = fromHex(sha3Root)
    const leads = (path: readonly Uint8Array[]) =>
      verifyInclusion(crypto, BigInt(seq), BigInt(size), leaf, path, root, 'sha3-256')
    const path = await this.#path(seq, size)
    if (leads(path)) return path
    log.error({ seq, size }, 'the nodes kept of the SHA3-256 tree are wrong: they are rebuilt')
    for (const level of KEPT_LEVELS) await this.#make(level, 0, size)
    const rebuilt = await this.#path(seq, size)
    if (leads(rebuilt)) return rebuilt
    const what = `the traces below ${size} do not give the SHA3-256 root of their seal`
    throw new BoxError('journal-altered', 'fatal', what)
  }

  /** Every tile that is asked for is read once, as far as the tree of this size has it. */
  #path(seq: number, size: number): Promise<Uint8Array[]> {
    const tiles = new Map<string, Promise<Uint8Array[]>>()
    const tile = (level: number, index: number) => {
      const key = `${level}:${index}`
      const end = Math.min((index + 1) * TILE, Math.floor(size / 2 ** level))
      const read = tiles.get(key) ?? this.#children(level, index * TILE, end)
      tiles.set(key, read)
      return read
    }
    const node = async (level: number, index: number): Promise<Uint8Array> => {
      const base = Math.min(level - (level % 8), 24)
      const width = 2 ** (level - base)
      const within = (index * width) % TILE
      const children = await tile(base, Math.floor((index * width) / TILE))
      return treeRoot(this.#context.crypto, children.slice(within, within + width), 'sha3-256')
    }
    return inclusionProof(this.#context.crypto, { node }, seq, size, 'sha3-256')
  }

  /** Hashes of the nodes `begin` ≤ index < `end` of level 0, 8, 16 or 24. */
  async #children(level: number, begin: number, end: number): Promise<Uint8Array[]> {
    if (level === 0) return this.#leaves(begin, end)
    const kept = await readSha3Nodes(this.#context.database, level, begin, end)
    const hashes: Uint8Array[] = []
    for (let index = begin; index < end; index += 1)
      hashes.push(kept.get(index) ?? (await this.#makeNode(level, index)))
    return hashes
  }

  async #leaves(begin: number, end: number): Promise<Uint8Array[]> {
    const { database, crypto } = this.#context
    const traces = await readTraces(database, begin, end)
    if (traces.length !== end - begin)
      throw new BoxError('journal-altered', 'fatal', `traces from ${begin} on are missing`)
    return traces.map(({ bytes }) => leafHash(crypto, bytes, 'sha3-256'))
  }

  /** Whole tiles alone: from `begin` to the last that the tree of this size completes. */
  async #make(level: number, begin: number, size: number): Promise<void> {
    const end = Math.floor(size / 2 ** level)
    for (let index = begin; index < end && !this.#isStopping; index += 1)
      await this.#makeNode(level, index)
  }

  async #makeNode(level: number, index: number): Promise<Uint8Array> {
    const { database, crypto } = this.#context
    const children = await this.#children(level - 8, index * TILE, (index + 1) * TILE)
    const hash = treeRoot(crypto, children, 'sha3-256')
    await keepSha3Node(database, { level, index, hash })
    return hash
  }
}
