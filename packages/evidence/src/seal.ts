import { toHex } from './bytes.ts'
import type { Hashing } from './crypto.ts'
import type { JsonObject } from './jcs.ts'
import { CompactRange, leafHash, treeHashBytes, type NodeListener } from './merkle.ts'
import { Members } from './members.ts'

// Filled and hashed at once, as the buffers of merkle.ts are.
const linkBuffer = new Uint8Array(2 * treeHashBytes)

/**
 * c(n) and the SHA3-256 tree over the traces 0 … n − 1 (formats.md section 8): what a seal states, grown
 * trace by trace. A break of SHA-256 leaves both standing.
 */
export class Sha3Chain {
  readonly range: CompactRange
  readonly #hashing: Hashing
  #head: Uint8Array

  /** A chain that already covers `range.size` traces; of none by default. */
  constructor(hashing: Hashing, head?: Uint8Array, range?: CompactRange) {
    this.#hashing = hashing
    this.#head = head ?? new Uint8Array(32)
    this.range = range ?? new CompactRange(hashing, 0, [], 'sha3-256')
  }

  /** c(size). */
  get head(): Uint8Array {
    return this.#head
  }

  /** Root of the SHA3-256 tree. */
  get root(): Uint8Array {
    return this.range.root()
  }

  /** @param onNode told of the SHA3-256 tree's nodes that the trace completes */
  append(traceBytes: Uint8Array, onNode?: NodeListener): void {
    const leaf = leafHash(this.#hashing, traceBytes, 'sha3-256')
    linkBuffer.set(this.#head)
    linkBuffer.set(leaf, treeHashBytes)
    this.#head = this.#hashing.hash('sha3-256', linkBuffer)
    this.range.append(leaf, onNode)
  }

  clone(): Sha3Chain {
    return new Sha3Chain(this.#hashing, this.#head, this.range.clone())
  }
}

/** A checkpoint as later traces name it: by its text, never by its signatures. */
export type CheckpointReference = {
  readonly size: number
  /** Hex SHA-256 of the note's text. */
  readonly textSha256: string
}

/** A cosignature as a seal names it. */
export type SealedCosignature = {
  readonly size: number
  readonly textSha256: string
  readonly name: string
  /** 8 hex digits. */
  readonly keyId: string
  readonly type: 4 | 6
  /** POSIX seconds. */
  readonly timestamp: number
}

/** `data` of a trace whose act is `seal`. A type, not an interface, so that it is a JsonObject as well. */
export type SealData = {
  readonly size: number
  readonly sha3Chain: string
  readonly sha3Root: string
  readonly previousCheckpoint: CheckpointReference | null
  readonly lastToken: string | null
  readonly cosignatures: readonly SealedCosignature[]
}

/** The most cosignatures that one seal names: the newest. */
export const maximumSealedCosignatures = 100

/** What the next seal says, given the chain over every trace before it. */
export function sealData(
  chain: Sha3Chain,
  known: {
    previousCheckpoint: CheckpointReference | null
    /** Hex SHA-256 of the last verified outside token's DER. */
    lastToken: string | null
    /** Received since the previous seal, in the order received; the newest 100 are kept. */
    cosignatures: readonly SealedCosignature[]
  },
): SealData {
  return {
    size: chain.range.size,
    sha3Chain: toHex(chain.head),
    sha3Root: toHex(chain.root),
    previousCheckpoint: known.previousCheckpoint,
    lastToken: known.lastToken,
    cosignatures: known.cosignatures.slice(-maximumSealedCosignatures),
  }
}

const memberNames = [
  'size',
  'sha3Chain',
  'sha3Root',
  'previousCheckpoint',
  'lastToken',
  'cosignatures',
]

/** `data` of a seal, strictly. EvidenceError `malformed-seal`. */
export function parseSealData(data: JsonObject): SealData {
  const members = new Members(data, 'malformed-seal', 'seal', memberNames)
  const cosignatures = members
    .each('cosignatures', ['size', 'textSha256', 'name', 'keyId', 'type', 'timestamp'])
    .map(readCosignature)
  if (cosignatures.length > maximumSealedCosignatures) {
    throw members.wrong('cosignatures', 'an array of at most 100')
  }
  return {
    size: members.integer('size'),
    sha3Chain: members.hex('sha3Chain', 32),
    sha3Root: members.hex('sha3Root', 32),
    previousCheckpoint: members.orNull('previousCheckpoint', (name) => {
      const reference = members.inner(name, ['size', 'textSha256'])
      return { size: reference.integer('size'), textSha256: reference.hex('textSha256', 32) }
    }),
    lastToken: members.orNull('lastToken', (name) => members.hex(name, 32)),
    cosignatures,
  }
}

function readCosignature(members: Members): SealedCosignature {
  const type = members.integer('type')
  if (type !== 4 && type !== 6) throw members.wrong('type', '4 or 6')
  return {
    size: members.integer('size'),
    textSha256: members.hex('textSha256', 32),
    name: members.text('name', /^[^\s+]+$/),
    keyId: members.hex('keyId', 4),
    type,
    timestamp: members.integer('timestamp'),
  }
}

/** Whether what a seal says of the traces before it is what they give when recomputed. */
export function sealContradiction(
  seal: SealData,
  chain: Sha3Chain,
): { readonly expected: string; readonly found: string } | undefined {
  const recomputed = {
    size: chain.range.size,
    sha3Chain: toHex(chain.head),
    sha3Root: toHex(chain.root),
  }
  for (const name of ['size', 'sha3Chain', 'sha3Root'] as const) {
    if (seal[name] !== recomputed[name]) {
      return { expected: `${name} ${recomputed[name]}`, found: `${name} ${seal[name]}` }
    }
  }
  return undefined
}
