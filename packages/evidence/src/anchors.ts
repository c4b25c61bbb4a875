import { fromUtf8 } from './bytes.ts'
import type { Hashing } from './crypto.ts'
import { EvidenceError } from './errors.ts'
import { readRetirements, type Retirements } from './evidence-record/retirement.ts'
import { parsePem } from './pem.ts'
import { parseCertificate } from './x509/certificate.ts'
import { parseVkey, type KeyType, type VerifierKey } from './vkey.ts'

/**
 * What the verifier trusts: formats.md section 16. Never taken from what is verified. What is undefined was not
 * given, and whatever needs it is *can't tell*.
 */
export interface Anchors {
  /** Type 2, named by origin. */
  readonly journalKeys?: readonly VerifierKey[] | undefined
  /** SPKI DER. */
  readonly latKeys?: readonly Uint8Array[] | undefined
  /** Types 4 and 6. */
  readonly witnessKeys?: readonly VerifierKey[] | undefined
  /** Type 1. */
  readonly auditKeys?: readonly VerifierKey[] | undefined
  /** DER certificates. */
  readonly tsaRoots?: readonly Uint8Array[] | undefined
  /** DER certificates: roots of time-stamping authorities that are independent of the boxes. */
  readonly outsideTsaRoots?: readonly Uint8Array[] | undefined
  /** DER certificates: roots of the authorities of clients' seal certificates. */
  readonly sealRoots?: readonly Uint8Array[] | undefined
  /** Identifiers of boxes. */
  readonly boxes?: readonly string[] | undefined
  /** Hex SHA-256 of release files by name. */
  readonly releaseDigests?: ReadonlyMap<string, readonly string[]> | undefined
  /** From when on algorithms prove nothing any more. */
  readonly retired?: Retirements | undefined
}

/** The files of an anchors folder; others in it are none of ours. */
export const anchorFileNames = [
  'journal.vkeys',
  'lat.pem',
  'witness.vkeys',
  'audit.vkeys',
  'tsa.pem',
  'outside-tsa.pem',
  'seal.pem',
  'box.txt',
  'release.sha256',
  'retired.txt',
] as const

/**
 * Reads an anchors folder, given as its files by name. A file that is there and can't be read is an EvidenceError
 * that names it in `where`: whoever verifies must not go on with less trust than they think.
 *
 * @param hashing when given, key ids are recomputed
 */
export function parseAnchors(files: ReadonlyMap<string, Uint8Array>, hashing?: Hashing): Anchors {
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const bytes = files.get(name)
    if (bytes === undefined) return undefined
    try {
      return parse(fromUtf8(bytes))
    } catch (cause) {
      if (!(cause instanceof EvidenceError)) throw cause
      const { message } = cause
      throw new EvidenceError('malformed-anchors', `${name}: ${message}`, { where: name, cause })
    }
  }
  const keys = (name: string, ...types: KeyType[]): VerifierKey[] | undefined =>
    read(name, (text) => linesOf(text).map((line) => typedKey(parseVkey(line, hashing), types)))
  const roots = (name: string): Uint8Array[] | undefined =>
    read(name, (text) => {
      const found = parsePem(text, 'CERTIFICATE')
      found.forEach(parseCertificate)
      return found
    })
  return {
    journalKeys: keys('journal.vkeys', 2),
    latKeys: read('lat.pem', (text) => parsePem(text, 'PUBLIC KEY')),
    witnessKeys: keys('witness.vkeys', 4, 6),
    auditKeys: keys('audit.vkeys', 1),
    tsaRoots: roots('tsa.pem'),
    outsideTsaRoots: roots('outside-tsa.pem'),
    sealRoots: roots('seal.pem'),
    boxes: read('box.txt', linesOf),
    releaseDigests: read('release.sha256', readDigests),
    retired: read('retired.txt', (text) => readRetirements(linesOf(text))),
  }
}

/** Lines that say something: no empty ones, no comments. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

function typedKey(key: VerifierKey, types: readonly KeyType[]): VerifierKey {
  if (types.includes(key.type)) return key
  const allowed = types.join(' or ')
  throw new EvidenceError('malformed-anchors', `a key of type ${key.type}, not ${allowed}`)
}

/** `sha256sum` format: digest, two spaces or space and asterisk, name. */
function readDigests(text: string): Map<string, string[]> {
  const digests = new Map<string, string[]>()
  for (const line of linesOf(text)) {
    const [, digest = '', path = ''] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
    if (digest === '') throw new EvidenceError('malformed-anchors', 'a line without a digest')
    const name = path.slice(path.lastIndexOf('/') + 1)
    digests.set(name, [...(digests.get(name) ?? []), digest])
  }
  return digests
}
