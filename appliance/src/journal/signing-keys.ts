import {
  EvidenceError,
  fromHex,
  parseTrace,
  toHex,
  type EvidenceCrypto,
  type JsonValue,
  type VerifierKey,
} from '@probant/evidence'
import { readTraces, type Queryable } from '../store/journal.ts'
import { declarations, findSigningKey } from '../store/signing-keys.ts'
import { journalVerifier } from './notes.ts'

/** Who signs checkpoints. */
export interface JournalKeys {
  /** The keys that may have signed a checkpoint of this size. */
  at(size: number): readonly VerifierKey[]
}

/** One hardware's time: checkpoints of more than `after` traces are signed by its key. */
interface Period {
  readonly after: number
  /** Hex SHA-256 of the journal key's SPKI. */
  readonly journal: string
}

/**
 * The box's journal keys, of now and before: the first trace and each `signing-keys-declared` name them by their digests; the database
 * holds the public keys. What is signed now must be by the key that this box has now, whatever the database says.
 * @param own SPKI of the journal key that the box's provider holds
 */
export async function readSigningKeys(
  client: Queryable,
  crypto: EvidenceCrypto,
  origin: string,
  own: Uint8Array,
): Promise<JournalKeys> {
  const periods = await readPeriods(client)
  const verifiers: { after: number; keys: VerifierKey[] }[] = []
  for (const [at, { after, journal }] of periods.entries()) {
    const isLast = at === periods.length - 1
    const spki = isLast ? own : await signingKey(client, crypto, journal)
    const keys = spki === undefined ? [] : [journalVerifier(crypto, origin, spki)]
    verifiers.push({ after, keys })
  }
  const ownOnly = [journalVerifier(crypto, origin, own)]
  return { at: (size) => verifiers.findLast(({ after }) => size > after)?.keys ?? ownOnly }
}

/** A journal key of the box's life so far, as its journal declared it. */
export interface DeclaredJournalKey {
  /** Checkpoints of more traces than this are signed by it. */
  readonly after: number
  /** Hex SHA-256 of its SPKI. */
  readonly sha256: string
  /** Undefined where the public key wasn't kept. */
  readonly spki: Uint8Array | undefined
}

/** Every journal key that was declared, the newest last. */
export async function declaredJournalKeys(
  client: Queryable,
  crypto: EvidenceCrypto,
): Promise<DeclaredJournalKey[]> {
  const keys: DeclaredJournalKey[] = []
  for (const { after, journal } of await readPeriods(client))
    keys.push({ after, sha256: journal, spki: await signingKey(client, crypto, journal) })
  return keys
}

async function readPeriods(client: Queryable): Promise<Period[]> {
  const [first] = await readTraces(client, 0, 1)
  const declared = await declarations(client, 'signing-keys-declared')
  return [...(first === undefined ? [] : [first.bytes]), ...declared].flatMap(
    (bytes) => periodOf(bytes) ?? [],
  )
}

function periodOf(bytes: Uint8Array): Period | undefined {
  try {
    const { data } = parseTrace(bytes)
    const { keys, after = 0 } = data
    const journal = memberOf(keys, 'journal')
    return typeof journal === 'string' && typeof after === 'number' ? { after, journal } : undefined
  } catch (error) {
    // A trace that can't be read is named by the journal's own recomputation.
    if (error instanceof EvidenceError) return undefined
    throw error
  }
}

function memberOf(value: JsonValue | undefined, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return new Map<string, unknown>(Object.entries(value)).get(name)
}

/** A signing key of this box, of now or before, by the hex SHA-256 of its SPKI; undefined where it wasn't kept. */
export async function signingKey(
  client: Queryable,
  crypto: EvidenceCrypto,
  sha256: string,
): Promise<Uint8Array | undefined> {
  const spki = await findSigningKey(client, fromHex(sha256))
  const isIt = spki !== undefined && toHex(crypto.hash('sha256', spki)) === sha256
  return isIt ? spki : undefined
}
