import { toHex } from './bytes.ts'
import type { EvidenceCrypto } from './crypto.ts'
import { checkBlocks, type BlocksReport } from './blocks.ts'
import { verifySeal } from './cms/detached-signature.ts'
import { sealBlocks } from './seal-blocks.ts'
import { latRoot, parseLat, signedBytes, type Lat } from './lat.ts'
import type { AuthorityCertificate } from './x509/certificate.ts'
import { objectDigests, parseStatement, type Statement } from './statement.ts'
import {
  verifyReceptionToken,
  type ReceptionAnchors,
  type ReceptionToken,
} from './reception-token.ts'
import { cannotTell, combine, invalid, valid, verdictOf, type Verdict } from './verdict.ts'

/** What the verifier trusts for LATs. An absent list means *can't tell* for what needs it. */
export interface LatAnchors extends ReceptionAnchors {
  /** SPKI DER of the boxes' LAT keys. */
  readonly latKeys?: readonly Uint8Array[] | undefined
  /** DER certificates: roots of the authorities of clients' seal certificates. */
  readonly sealRoots?: readonly Uint8Array[] | undefined
}

export interface LatVerification {
  readonly verdict: Verdict
  /** There as soon as they can be parsed, to be believed only when the verdict is valid. */
  readonly lat?: Lat
  readonly statement?: Statement
  /** RFC 3339; the token's. */
  readonly genTime?: string
  /** Each step on its own. */
  readonly parts?: LatParts
}

export interface LatParts {
  readonly statement: Verdict
  readonly tree: Verdict
  readonly token: ReceptionToken
  readonly signature: Verdict
  /** One for each block `cms-signature`. */
  readonly seals: readonly LatSeal[]
  readonly blocks: BlocksReport
  /** R ‖ SHA-256(T), as rebuilt. */
  readonly signedBytes?: Uint8Array
}

/** A seal by the client's own certificate over the same bytes as the LAT key's signature. */
export interface LatSeal {
  readonly verdict: Verdict
  /** Whether the answer for the LAT depends on it: an invalid one always does, one that can't be judged only when its block is critical. */
  readonly isDecisive: boolean
  /** Names in its certificate, to be believed only when the verdict is valid. */
  readonly subject?: string
  readonly issuer?: string
  /** Its certificate, then the issuers up to the given root; empty or absent where there is no such path. */
  readonly path?: readonly AuthorityCertificate[]
}

/**
 * Verifies a LAT on its own: statement, path to the batch's root, token over it, signature over both (formats.md
 * section 9). It counts only together with its deposit trace, which is not looked at here.
 */
export async function verifyLat(
  crypto: EvidenceCrypto,
  latBytes: Uint8Array,
  anchors: LatAnchors,
): Promise<LatVerification> {
  let lat: Lat
  let statement: Statement
  try {
    lat = parseLat(latBytes)
    statement = parseStatement(lat.statement)
  } catch (error) {
    return { verdict: verdictOf(error) }
  }
  const parts = await verifyParts(crypto, lat, statement, anchors)
  const verdict = combine([
    parts.statement,
    parts.tree,
    parts.token.verdict,
    parts.signature,
    ...parts.seals.filter((seal) => seal.isDecisive).map((seal) => seal.verdict),
    parts.blocks.verdict,
  ])
  const { genTime } = parts.token
  return { verdict, lat, statement, parts, ...(genTime === undefined ? {} : { genTime }) }
}

async function verifyParts(
  crypto: EvidenceCrypto,
  lat: Lat,
  statement: Statement,
  anchors: LatAnchors,
): Promise<LatParts> {
  const common = {
    statement: statementVerdict(crypto, statement),
    blocks: checkBlocks(lat.blocks ?? []),
  }
  const root = latRoot(crypto, lat)
  if (root === undefined) {
    const tree = invalid('bad-path', 'the path does not fit index and size', 'lat.tree')
    return {
      ...common,
      tree,
      token: { verdict: tree, isIndependent: false },
      signature: tree,
      seals: [],
    }
  }
  const signed = signedBytes(root, crypto.hash('sha256', lat.token))
  const token = await verifyReceptionToken(crypto, lat.token, crypto.hash('sha256', root), anchors)
  const signature = await verifySignature(crypto, lat, signed, anchors.latKeys ?? [])
  const seals = await verifySeals(crypto, lat, signed, token, anchors.sealRoots ?? [])
  return { ...common, tree: valid, token, signature, seals, signedBytes: signed }
}

/** The seals, as of the token's genTime: they were made over the token, so not before. */
async function verifySeals(
  crypto: EvidenceCrypto,
  { blocks = [] }: Lat,
  content: Uint8Array,
  { genTime }: ReceptionToken,
  roots: readonly Uint8Array[],
): Promise<LatSeal[]> {
  const seals: LatSeal[] = []
  for (const { critical, cms } of sealBlocks(blocks)) {
    const { verdict, subject, issuer, path } =
      genTime === undefined
        ? { verdict: cannotTell("the time of the token, which is the seal's"), path: [] }
        : await verifySeal(crypto, cms, { content, roots, atMs: Date.parse(genTime) })
    const isDecisive = critical || verdict.status === 'invalid'
    const names = subject === undefined || issuer === undefined ? {} : { subject, issuer }
    seals.push({ verdict, isDecisive, ...names, path })
  }
  return seals
}

function statementVerdict(crypto: EvidenceCrypto, statement: Statement): Verdict {
  const { digests, size } = objectDigests(crypto, statement.files)
  const agrees =
    digests.sha256 === statement.digests.sha256 &&
    digests['sha3-256'] === statement.digests['sha3-256'] &&
    size === statement.size
  return agrees
    ? valid
    : invalid('bad-statement', "the object's digests are not those of its files", 'statement')
}

async function verifySignature(
  crypto: EvidenceCrypto,
  lat: Lat,
  signed: Uint8Array,
  latKeys: readonly Uint8Array[],
): Promise<Verdict> {
  const { algorithm, key, value } = lat.signature
  if (latKeys.length === 0) return cannotTell('a LAT key')
  const known = latKeys.find((each) => toHex(crypto.hash('sha256', each)) === key)
  if (known === undefined) {
    return invalid('wrong-key', 'the LAT is signed by a key that was not given', 'lat.signature')
  }
  const answer = await crypto.verify(algorithm, known, signed, value)
  if (answer === 'cannot-tell') return cannotTell(`a way to check signatures of ${algorithm}`)
  return answer === 'valid'
    ? valid
    : invalid('bad-signature', 'the signature of the LAT is not valid', 'lat.signature')
}
