import { concat, toBase64, toHex } from './bytes.ts'
import { formatBlocks, parseBlocks, type Block } from './blocks.ts'
import type { Hashing } from './crypto.ts'
import { EvidenceError } from './errors.ts'
import { canonicalBytes, parseCanonical, type JsonObject, type JsonValue } from './jcs.ts'
import { Members, requireFormat1 } from './members.ts'
import { leafHash } from './merkle.ts'
import { rootFromInclusion } from './merkle-verification.ts'

/** The archive proof of one object: formats.md section 9. */
export interface Lat {
  /** Bytes of the statement, kept as they are: they are what is hashed. */
  readonly statement: Uint8Array
  readonly tree: {
    readonly index: number
    readonly size: number
    readonly path: readonly Uint8Array[]
  }
  /** DER of the RFC 3161 TimeStampToken. */
  readonly token: Uint8Array
  readonly signature: {
    readonly algorithm: 'ecdsa-p256-sha256'
    /** Hex SHA-256 of the signing key's SPKI. */
    readonly key: string
    /** DER ECDSA signature over the 64 signed bytes. */
    readonly value: Uint8Array
  }
  readonly blocks?: readonly Block[]
}

/** The bytes of a LAT. EvidenceError `malformed-lat`. */
export function formatLat(lat: Lat): Uint8Array {
  const { index, size, path } = lat.tree
  const { algorithm, key, value: signed } = lat.signature
  const value: JsonObject = {
    ...(lat.blocks === undefined || lat.blocks.length === 0
      ? {}
      : { blocks: formatBlocks(lat.blocks) }),
    format: 1,
    signature: { algorithm, key, value: toBase64(signed) },
    statement: toBase64(lat.statement),
    token: toBase64(lat.token),
    tree: { index, path: path.map(toHex), size },
  }
  readLat(value)
  return canonicalBytes(value)
}

/**
 * A LAT from its bytes; the statement inside stays bytes (see parseStatement). EvidenceError `malformed-lat`,
 * `unknown-format` or `unsupported-algorithm`.
 */
export function parseLat(bytes: Uint8Array): Lat {
  return readLat(parseCanonical(bytes))
}

function readLat(value: JsonValue): Lat {
  requireFormat1(value, 'malformed-lat', 'lat')
  const members = new Members(
    value,
    'malformed-lat',
    'lat',
    ['format', 'statement', 'tree', 'token', 'signature'],
    ['blocks'],
  )
  const lat: Lat = {
    statement: members.base64('statement'),
    tree: readTree(members.inner('tree', ['index', 'size', 'path'])),
    token: members.base64('token'),
    signature: readSignature(members.inner('signature', ['algorithm', 'key', 'value'])),
  }
  if (!members.has('blocks')) return lat
  return { ...lat, blocks: parseBlocks(members.value('blocks'), 'lat') }
}

function readTree(members: Members): Lat['tree'] {
  const size = members.integer('size', 1)
  const index = members.integer('index', 0, size - 1)
  return { index, size, path: members.hexList('path', 32) }
}

function readSignature(members: Members): Lat['signature'] {
  const algorithm = members.text('algorithm')
  if (algorithm !== 'ecdsa-p256-sha256') {
    throw new EvidenceError('unsupported-algorithm', `signature algorithm ${algorithm}`, {
      where: `${members.where}.algorithm`,
    })
  }
  return { algorithm, key: members.hex('key', 32), value: members.base64('value') }
}

/** R: the root of the batch's tree that the statement and its path lead to; undefined when they lead nowhere. */
export function latRoot(hashing: Hashing, lat: Lat): Uint8Array | undefined {
  const { index, size, path } = lat.tree
  const leaf = leafHash(hashing, lat.statement)
  return rootFromInclusion(hashing, BigInt(index), BigInt(size), leaf, path)
}

/** The 64 bytes that the LAT key signs: R ‖ SHA-256(T). */
export function signedBytes(root: Uint8Array, tokenSha256: Uint8Array): Uint8Array {
  if (root.length !== 32 || tokenSha256.length !== 32) {
    throw new EvidenceError('malformed-lat', 'the signed bytes are two digests of 32 bytes')
  }
  return concat(root, tokenSha256)
}
