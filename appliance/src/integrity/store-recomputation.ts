import {
  equalBytes,
  fromHex,
  openingMatches,
  parseCanonical,
  parseLat,
  parseOpening,
  parseStatement,
  parseTrace,
  toBase64,
  toHex,
  canonicalBytes,
  type EvidenceCrypto,
  type Trace,
} from '@probant/evidence'
import type { Pace } from '@probant/host'
import type { Database } from '@probant/postgres'
import { isIntact } from '../reading/content.ts'
import { filesOf } from '../reading/files.ts'
import type { VaultCipher } from '../store/cipher.ts'
import type { VaultCiphers } from '../store/vault-ciphers.ts'
import type { ObjectFiles } from '../store/files.ts'
import { readState, readTraces, type Queryable } from '../store/journal.ts'
import {
  allObjects,
  enclosedAnewSince,
  indexedFiles,
  readSecrets,
  type StoredObject,
} from '../store/objects.ts'
import { findVault } from '../store/vaults.ts'
import { wasDestroyed } from './destroyed-objects.ts'
import type { StorePosition } from './position.ts'
import type { StoreFinding, StoreFindingKind } from './store-finding.ts'

const OBJECTS_AT_ONCE = 100

export interface StoreReport {
  readonly objects: number
  readonly findings: readonly StoreFinding[]
}

export interface StoreContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly files: ObjectFiles
  readonly ciphers: VaultCiphers
}

export interface StorePass {
  readonly certifiedSize: number
  /** Destroyed objects that somebody put back: said already. */
  readonly revived: ReadonlySet<string>
  readonly pace: Pace | undefined
  /** Where an earlier pass was interrupted. */
  readonly from: StorePosition | undefined
  /** After each object. */
  readonly reached: (position: StorePosition) => Promise<void>
}

/** Recomputes every object deposited below trace `certifiedSize`: its file, its row against its LAT, its LAT against its trace. */
export async function recomputeStore(
  context: StoreContext,
  { certifiedSize, revived, pace, from, reached }: StorePass,
): Promise<StoreReport> {
  let at: StorePosition = from ?? { after: -1, objects: 0, findings: [] }
  for (;;) {
    const page = await allObjects(context.database, at.after, OBJECTS_AT_ONCE)
    for (const object of page) {
      if (revived.has(object.id)) continue
      const isWithin = object.depositSeq < certifiedSize
      const found = isWithin
        ? await checkTwice(context, object, pace)
        : await beyondJournal(context.database, object)
      at = {
        after: object.depositSeq,
        objects: at.objects + (isWithin ? 1 : 0),
        findings: found.length === 0 ? at.findings : [...at.findings, ...found],
      }
      if (isWithin) await reached(at)
    }
    if (page.length < OBJECTS_AT_ONCE) return { objects: at.objects, findings: at.findings }
  }
}

/** A deposit commits its row and its trace together: a row that names a trace which the journal hasn't reached was put there by somebody else. */
async function beyondJournal(client: Queryable, object: StoredObject): Promise<StoreFinding[]> {
  const size = (await readState(client))?.size ?? 0
  const { id, depositSeq: seq } = object
  if (seq < size) return []
  const what = `it names trace ${seq} as its deposit, and the journal holds ${size}`
  return [{ kind: 'unjournalled-object', object: id, seq, what }]
}

/** What was enclosed anew between two of its readings is no difference: it is read once more. */
async function checkTwice(
  context: StoreContext,
  object: StoredObject,
  pace: Pace | undefined,
): Promise<StoreFinding[]> {
  const findings = await checkObject(context, object, pace)
  if (findings.length === 0) return findings
  if (await wasDestroyed(context.database, object.id)) return []
  const now = await enclosedAnewSince(context.database, object)
  return now === undefined ? findings : checkObject(context, now, pace)
}

async function checkObject(
  context: StoreContext,
  object: StoredObject,
  pace: Pace | undefined,
): Promise<StoreFinding[]> {
  const finding = (kind: StoreFindingKind, what: string): StoreFinding => ({
    kind,
    object: object.id,
    seq: object.depositSeq,
    what,
  })
  const vault = await findVault(context.database, object.vaultId)
  if (vault === undefined) return [finding('metadata-altered', 'its vault does not exist')]
  const cipher = await context.ciphers.of(vault)
  const findings: StoreFinding[] = []
  const trace = await depositTrace(context, object, finding)
  if ('what' in trace) findings.push(trace)
  const secrets = await objectSecrets(context, cipher, object)
  if (typeof secrets === 'string') findings.push(finding('metadata-altered', secrets))
  else if (!('what' in trace))
    findings.push(...checkProof(context, object, trace, secrets, finding))
  if (object.files > 1 && !(await isIndexed(context.database, object)))
    findings.push(finding('metadata-altered', 'its files are not found by what its LAT lists'))
  if (!(await isIntact(context.crypto, context.files, cipher, object, pace)))
    findings.push(finding('integrity-failure-on-box', 'the stored file is not what was deposited'))
  return findings
}

/** Whether the rows by which its files are found are those of its statement. */
async function isIndexed(client: Queryable, object: StoredObject): Promise<boolean> {
  const indexed = await indexedFiles(client, object.id)
  try {
    const listed = filesOf(object)
    return (
      indexed.length === listed.length &&
      listed.every(({ number, sha256, sha3 }, at) => {
        const found = indexed[at]
        return (
          found?.number === number &&
          equalBytes(found.sha256, sha256) &&
          equalBytes(found.sha3, sha3)
        )
      })
    )
  } catch {
    return false
  }
}

type Openings = ReadonlyMap<string, ReturnType<typeof parseOpening>>

async function objectSecrets(
  context: StoreContext,
  cipher: VaultCipher,
  object: StoredObject,
): Promise<Openings | string> {
  const enclosed = await readSecrets(
    context.database,
    [object.id],
    ['object', 'depositor', 'metadata'],
  )
  const openings = new Map<string, ReturnType<typeof parseOpening>>()
  for (const field of ['object', 'depositor', 'metadata'] as const) {
    const bytes = enclosed.get(`${object.id}:${field}`)
    if (bytes === undefined) continue
    try {
      const opened = cipher.openSecret(object.id, field, bytes)
      openings.set(field, parseOpening(parseCanonical(opened), field))
    } catch {
      return `its stored ${field} was altered`
    }
  }
  return openings
}

/** The trace that the object names as its deposit, or what is wrong with it. */
async function depositTrace(
  { database }: StoreContext,
  object: StoredObject,
  finding: (kind: StoreFindingKind, what: string) => StoreFinding,
): Promise<Trace | StoreFinding> {
  const [stored] = await readTraces(database, object.depositSeq, object.depositSeq + 1)
  if (stored === undefined) return finding('unjournalled-object', 'its deposit trace is missing')
  try {
    const trace = parseTrace(stored.bytes)
    const isDeposit = trace.act === 'deposit' && trace.outcome === 'done'
    return isDeposit && trace.object === object.id
      ? trace
      : finding('unjournalled-object', `trace ${trace.seq} is not its deposit`)
  } catch (error) {
    return unreadable(error, finding)
  }
}

const unreadable = (
  error: unknown,
  finding: (kind: StoreFindingKind, what: string) => StoreFinding,
): StoreFinding =>
  finding(
    'metadata-altered',
    `its proof can't be read: ${error instanceof Error ? error.message : String(error)}`,
  )

/** Row against LAT, LAT against the deposit trace, openings against their commitments. */
function checkProof(
  { crypto }: StoreContext,
  object: StoredObject,
  trace: Trace,
  openings: Openings,
  finding: (kind: StoreFindingKind, what: string) => StoreFinding,
): StoreFinding[] {
  try {
    const statement = parseStatement(parseLat(object.lat).statement)
    const findings: StoreFinding[] = []
    const isItsRow =
      statement.object === object.id &&
      statement.vault === object.vaultId &&
      trace.vault === object.vaultId &&
      statement.size === object.sizeBytes &&
      statement.mediaType === object.mediaType &&
      statement.files.length === object.files &&
      equalBytes(fromHex(statement.digests.sha256), object.sha256) &&
      equalBytes(fromHex(statement.digests['sha3-256']), object.sha3)
    if (!isItsRow)
      findings.push(finding('metadata-altered', 'its technical metadata are not those of its LAT'))
    const opening = openings.get('object')
    const value = canonicalBytes({
      digests: { ...statement.digests },
      lat: {
        sha256: toHex(crypto.hash('sha256', object.lat)),
        'sha3-256': toHex(crypto.hash('sha3-256', object.lat)),
      },
      size: statement.size,
    })
    if (
      opening === undefined ||
      trace.objectCommitment === null ||
      opening.value !== toBase64(value) ||
      !openingMatches(crypto, trace.objectCommitment, opening)
    )
      findings.push(finding('metadata-altered', 'its deposit trace does not commit to its LAT'))
    for (const field of ['depositor', 'metadata'] as const) {
      const of = openings.get(field)
      if (of !== undefined && !openingMatches(crypto, statement[field], of))
        findings.push(finding('metadata-altered', `its ${field} is not what its LAT commits to`))
    }
    return findings
  } catch (error) {
    return [unreadable(error, finding)]
  }
}
