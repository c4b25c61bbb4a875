import { equalBytes, toHex } from '../bytes.ts'
import type { Hashing } from '../crypto.ts'
import type { Lat } from '../lat.ts'
import type { Statement } from '../statement.ts'
import { invalid, valid, type Verdict } from '../verdict.ts'
import { blockEntries, type Manifest } from './manifest.ts'
import {
  documentName,
  entryName,
  isBlockEntry,
  isDocument,
  isEntryName,
  isFixedName,
  proofName,
  seqOfTrace,
} from './names.ts'
import { readEntry, type BundleSource } from './source.ts'

/** An object's traces are a few; a bundle made to keep a verifier busy has more. */
const maximumEntries = 100_000

const required: readonly string[] = [
  entryName.readme,
  entryName.script,
  entryName.lat,
  entryName.statement,
  entryName.signedBytes,
  entryName.signature,
  entryName.token,
  entryName.latKey,
  entryName.checkpoint,
  entryName.openings,
]

/** Of a proof of destruction (formats.md section 23). */
const requiredOfDestruction: readonly string[] = [
  entryName.readme,
  entryName.checkpoint,
  entryName.openings,
]

/** Entry names known, unique and safe. */
export function checkNames(source: BundleSource): Verdict {
  const names = source.entries.map((entry) => entry.name)
  if (names.length > maximumEntries) return invalid('too-large', 'more entries than 100,000')
  const unknown = names.find((name) => !isEntryName(name))
  if (unknown !== undefined) {
    return invalid('unknown-entry', `no bundle has an entry ${JSON.stringify(unknown)}`, unknown)
  }
  const twice = firstTwice(names)
  return twice === undefined ? valid : invalid('duplicate-entry', `${twice} is there twice`, twice)
}

/** What is there against what is listed, both ways. */
export function checkListing(source: BundleSource, manifest: Manifest): Verdict {
  const listed = manifest.entries.map((entry) => entry.name)
  const present = source.entries
    .map((entry) => entry.name)
    .filter((name) => name !== entryName.manifest && !isDocument(name))
  const listedSet = new Set(listed)
  const presentSet = new Set(present)
  const named = blockEntries(manifest.blocks ?? [])
  const problems: [string | undefined, string][] = [
    [listed.find((name) => !presentSet.has(name)), 'is listed and missing'],
    [present.find((name) => !listedSet.has(name)), 'is not listed'],
    [firstTwice(listed), 'is listed twice'],
    [
      (manifest.format === 1 ? required : requiredOfDestruction).find(
        (name) => !listedSet.has(name),
      ),
      'is missing',
    ],
    [strangeToDestruction(manifest), 'has no place in a proof of destruction'],
    [named.find((name) => !listedSet.has(name)), 'is named by a block and missing'],
    [listed.find((name) => isBlockEntry(name) && !named.includes(name)), 'belongs to no block'],
    [proofless(listed, listedSet), 'has no proof beside it'],
    [traceless(listed, listedSet), 'has no trace beside it'],
    [unknownDocument(source, manifest), 'is not in the manifest'],
  ]
  for (const [name, what] of problems) {
    if (name !== undefined) return invalid('bad-listing', `${name} ${what}`, name)
  }
  return listed.some((name) => seqOfTrace(name) !== undefined)
    ? valid
    : invalid('bad-listing', 'there is no trace', 'traces')
}

function firstTwice(names: readonly string[]): string | undefined {
  const seen = new Set<string>()
  return names.find((name) => seen.size === seen.add(name).size)
}

function proofless(listed: readonly string[], set: ReadonlySet<string>): string | undefined {
  return listed.find((name) => {
    const seq = seqOfTrace(name)
    return seq !== undefined && !set.has(proofName(seq))
  })
}

function traceless(listed: readonly string[], set: ReadonlySet<string>): string | undefined {
  return listed.find(
    (name) => name.endsWith('.tlog-proof') && !set.has(name.replace('.tlog-proof', '.json')),
  )
}

/** What only a bundle of an object has: nothing here would check it, and who unpacks the proof would believe it. */
function strangeToDestruction({ format, entries }: Manifest): string | undefined {
  if (format === 1) return undefined
  return entries.find(
    ({ name }) =>
      isFixedName(name) && !requiredOfDestruction.includes(name) && name !== entryName.auditReceipt,
  )?.name
}

function unknownDocument(source: BundleSource, manifest: Manifest): string | undefined {
  const known = new Set(manifest.documents.map((document) => document.name))
  return source.entries.find(({ name }) => isDocument(name) && !known.has(name))?.name
}

/** Every listed digest. */
export async function checkDigests(
  hashing: Hashing,
  source: BundleSource,
  manifest: Manifest,
): Promise<Verdict> {
  for (const { name, sha256 } of manifest.entries) {
    const bytes = await readEntry(source, name)
    if (toHex(hashing.hash('sha256', bytes)) !== sha256) {
      return invalid('altered-entry', `${name} is not what the manifest lists`, name)
    }
  }
  return valid
}

/** The parts that are in a bundle twice, and what the manifest says, against the LAT. */
export async function checkManifest(
  source: BundleSource,
  manifest: Manifest,
  lat: Lat,
  statement: Statement,
  signedBytes: Uint8Array | undefined,
): Promise<Verdict> {
  const copies: [string, Uint8Array | undefined][] = [
    [entryName.statement, lat.statement],
    [entryName.token, lat.token],
    [entryName.signature, lat.signature.value],
    [entryName.signedBytes, signedBytes],
  ]
  for (const [name, expected] of copies) {
    const bytes = await readEntry(source, name)
    if (expected === undefined || !equalBytes(bytes, expected)) {
      return invalid('bad-manifest', `${name} is not what the LAT holds`, name)
    }
  }
  for (const name of ['box', 'vault', 'object'] as const) {
    if (manifest[name] !== statement[name]) {
      return invalid('bad-manifest', `${name} is not the statement's`, `manifest.json.${name}`)
    }
  }
  const agree =
    manifest.documents.length === statement.files.length &&
    statement.files.every((file, at) => {
      const document = manifest.documents[at]
      return (
        document?.name === documentName(at + 1) &&
        document.size === file.size &&
        document.digests.sha256 === file.digests.sha256 &&
        document.digests['sha3-256'] === file.digests['sha3-256']
      )
    })
  return agree
    ? valid
    : invalid('bad-manifest', "documents are not the statement's files", 'manifest.json.documents')
}
